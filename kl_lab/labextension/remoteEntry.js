// What the course changes in JupyterLab, in the form in which JupyterLab loads an extension that
// needs no build. It uses the application's commands, shell and document registry, and no package.
(() => {
  'use strict';

  // --- Run All leaves the view and the selected cell where they are

  const RUN_MANY = ['notebook:run-all-cells', 'notebook:run-all-below', 'notebook:restart-run-all'];
  const SETTLED = 500; // ms after the last cell: the widgets have been drawn

  function keepPlaceWhileRunning({commands, shell}) {
    const {execute} = commands;
    commands.execute = function (id, args) {
      const notebook = RUN_MANY.includes(id) && shell.currentWidget?.content;
      if (!notebook?.activeCell) return execute.call(this, id, args);
      const {activeCellIndex} = notebook;
      const release = holdView(notebook);
      const done = execute.call(this, id, args);
      notebook.activeCellIndex = activeCellIndex;
      const later = () => setTimeout(release, SETTLED);
      done.then(later, later);
      return done;
    };
  }

  // Outputs change their heights while cells run: what is held is a cell's place on the screen.
  function holdView(notebook) {
    const scroller = notebook.outerNode;
    const offset = cell =>
      cell.node.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
    const inView = notebook.widgets.filter(cell => offset(cell) + cell.node.offsetHeight > 0);
    const anchor = inView.find(cell => offset(cell) >= 0) ?? inView[0];
    if (!anchor) return () => {};
    const wanted = offset(anchor);
    const holding = new AbortController();
    const release = () => holding.abort();
    const releaseUnlessAsked = ({target}) => target.closest?.('.jp-Dialog') || release();
    for (const moves of ['wheel', 'touchstart', 'pointerdown', 'keydown']) {
      document.addEventListener(moves, releaseUnlessAsked, {capture: true, signal: holding.signal});
    }
    requestAnimationFrame(function hold() {
      if (holding.signal.aborted || anchor.isDisposed) return;
      scroller.scrollTop += offset(anchor) - wanted;
      requestAnimationFrame(hold);
    });
    return release;
  }

  // --- a link to a heading of another notebook leads to it; JupyterLab looks before the notebook
  // is drawn

  function followLinksToHeadings({commands, shell}) {
    commands.commandExecuted.connect((_, {id, args, result}) => {
      if (id !== 'rendermime:handle-local-link' || !args.id) return;
      result.then(async () => {
        const isIt = ({context, content}) => context?.path === args.path && content?.scrollToItem;
        const panel = [...shell.widgets('main')].find(isIt);
        await panel?.context.ready;
        await panel?.revealed;
        if (panel) await goToHeading(panel.content, decodeURIComponent(args.id.slice(1)));
      });
    });
  }

  async function goToHeading(notebook, name) {
    const isIt = line => line.startsWith('#')
      && line.replace(/^#+ /, '').replaceAll(' ', '-') === name;
    const index = [...notebook.model.cells].findIndex(({type, sharedModel}) =>
      type === 'markdown' && sharedModel.getSource().split('\n').some(isIt));
    const heading = `[data-jupyter-id="${CSS.escape(name)}"]`;
    const found = () => notebook.widgets[index]?.node.querySelector(heading);
    const end = performance.now() + 10 * SETTLED;
    while (index >= 0 && !found() && performance.now() < end) {
      if (notebook.widgets[index]) await notebook.scrollToItem(index, 'start');
      await new Promise(requestAnimationFrame);
    }
    found()?.scrollIntoView();
    setTimeout(holdView(notebook), 2 * SETTLED);  // what stands above is drawn later
  }

  // --- keys pressed in a widget stay there

  function keepKeysInWidgets() {
    window.addEventListener('keydown', ({target, ctrlKey, metaKey, altKey, shiftKey, key}) => {
      if (!target.closest('.jp-OutputArea-output .jupyter-widgets')) return;
      const isForJupyterLab = ctrlKey || metaKey || altKey || (shiftKey && key === 'Enter');
      target.toggleAttribute('data-lm-suppress-shortcuts', !isForJupyterLab);
    }, true);
    // The arrow keys move between radio buttons of one name, and ipywidgets gives them none.
    window.addEventListener('focusin', ({target}) => {
      if (target.type !== 'radio' || target.name) return;
      const name = `kl-${Math.random()}`;
      const group = target.closest('.widget-radio-box')?.querySelectorAll('input') ?? [];
      for (const radio of group) radio.name = name;
    });
  }

  // --- a notebook is unsaved when a learner changed it, not when its kernel told its version

  function staySavedWhenOpened(model) {
    model.metadataChanged.connect((_, {key, oldValue, newValue}) => {
      const isSameKernel = key === 'kernelspec' && oldValue?.name === newValue?.name;
      if (model.dirty || !(isSameKernel || key === 'language_info')) return;
      queueMicrotask(() => (model.dirty = false));
    });
  }

  // --- widgets whose kernel crashed, was shut down or changed say so; ipywidgets marks them after
  // a restart by hand only

  function markLostWidgets(panel) {
    const mark = () => {
      for (const view of panel.node.querySelectorAll('.jp-OutputArea-output .jupyter-widgets')) {
        view.classList.add('jupyter-widgets-disconnected');
      }
    };
    panel.sessionContext.statusChanged.connect((_, status) => {
      if (['autorestarting', 'dead'].includes(status)) mark();
    });
    panel.sessionContext.kernelChanged.connect((_, {oldValue}) => oldValue && mark());
  }

  const plugin = {
    id: 'kl-lab:plugin',
    autoStart: true,
    activate: app => {
      keepPlaceWhileRunning(app);
      followLinksToHeadings(app);
      keepKeysInWidgets();
      app.docRegistry.addWidgetExtension('Notebook', {
        createNew: (panel, {model}) => {
          staySavedWhenOpened(model);
          markLostWidgets(panel);
        },
      });
    },
  };

  const module = {__esModule: true, default: plugin};
  (window._JUPYTERLAB ??= {})['kl-lab'] = {init: () => {}, get: async () => () => module};
})();
