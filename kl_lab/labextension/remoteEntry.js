// What the course changes in JupyterLab, in the form in which JupyterLab loads an extension that
// needs no build. It uses the application's commands, shell and document registry, and no package.

// @ts-check

/**
 * @template Change
 * @typedef {{connect: (listen: (sender: unknown, change: Change) => void) => void}} Signal
 */

/**
 * What is used of JupyterLab's application.
 * @typedef {object} App
 * @property {Commands} commands
 * @property {{currentWidget: Partial<Panel> | null, widgets: (area: string) => Iterable<Panel>}} shell
 * @property {{addWidgetExtension: (type: string, extension: Extension) => void}} docRegistry
 */

/**
 * @typedef {{createNew: (panel: Panel, context: {model: Model}) => void}} Extension
 * @typedef {{id: string, args: {path?: string, id?: string}, result: Promise<unknown>}} Executed
 */

/**
 * @typedef {object} Commands
 * @property {(id: string, args?: object) => Promise<unknown>} execute
 * @property {Signal<Executed>} commandExecuted
 */

/**
 * The tab of a notebook; of another document, parts of it.
 * @typedef {object} Panel
 * @property {HTMLElement} node
 * @property {Notebook} content
 * @property {{path: string, ready: Promise<void>}} context
 * @property {Promise<void>} revealed
 * @property {{statusChanged: Signal<string>, kernelChanged: Signal<{oldValue: object | null}>}} sessionContext
 */

/**
 * @typedef {object} Notebook
 * @property {Cell | null} activeCell
 * @property {number} activeCellIndex
 * @property {HTMLElement} outerNode what scrolls
 * @property {Cell[]} widgets
 * @property {Model} model
 * @property {(index: number, align: string) => Promise<void>} scrollToItem
 */

/**
 * @typedef {{node: HTMLElement, isDisposed: boolean, model: CellModel, outputHidden?: boolean}} Cell
 * @typedef {{outputs_hidden?: boolean}} Folds
 * @typedef {{key: string, oldValue?: {name?: string}, newValue?: {name?: string}}} MetadataChange
 */

/**
 * @typedef {object} CellModel
 * @property {string} type
 * @property {{getSource: () => string}} sharedModel
 * @property {(key: "jupyter") => Folds | undefined} getMetadata
 * @property {Signal<object>} [stateChanged] of code
 */

/**
 * @typedef {object} Model
 * @property {Iterable<CellModel>} cells
 * @property {(key: string) => unknown} getMetadata
 * @property {boolean} dirty
 * @property {Signal<MetadataChange>} metadataChanged
 */

(() => {
    "use strict";

    // --- Run All leaves the view and the selected cell where they are

    const RUN_MANY = [
        "notebook:run-all-cells",
        "notebook:run-all-below",
        "notebook:restart-run-all",
    ];
    const SETTLED = 500; // ms after the last cell: the widgets have been drawn

    /** @param {App} app */
    function keepPlaceWhileRunning({commands, shell}) {
        const {execute} = commands;
        commands.execute = function (id, args) {
            const notebook = RUN_MANY.includes(id) ? shell.currentWidget?.content : null;
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

    /**
     * Outputs change their heights while cells run: what is held is a cell's place on the screen.
     * @param {Notebook} notebook
     */
    function holdView(notebook) {
        const scroller = notebook.outerNode;
        /** @param {Cell} cell */
        const offset = cell =>
            cell.node.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
        const inView = notebook.widgets.filter(cell => offset(cell) + cell.node.offsetHeight > 0);
        const anchor = inView.find(cell => offset(cell) >= 0) ?? inView[0];
        if (!anchor) return () => {};
        const wanted = offset(anchor);
        const holding = new AbortController();
        const release = () => holding.abort();
        /** @param {Event} event */
        const releaseUnlessAsked = ({target}) => {
            if (!(target instanceof Element && target.closest(".jp-Dialog"))) release();
        };
        for (const moves of ["wheel", "touchstart", "pointerdown", "keydown"]) {
            document.addEventListener(moves, releaseUnlessAsked, {
                capture: true,
                signal: holding.signal,
            });
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

    /** @param {App} app */
    function followLinksToHeadings({commands, shell}) {
        commands.commandExecuted.connect((_, {id, args, result}) => {
            const {id: heading} = args;
            if (id !== "rendermime:handle-local-link" || !heading) return;
            result.then(async () => {
                /** @param {Partial<Panel>} panel */
                const isIt = ({context, content}) =>
                    context?.path === args.path && content?.scrollToItem;
                const panel = [...shell.widgets("main")].find(isIt);
                await panel?.context.ready;
                await panel?.revealed;
                if (panel) await goToHeading(panel.content, decodeURIComponent(heading.slice(1)));
            });
        });
    }

    /**
     * @param {Notebook} notebook
     * @param {string} name
     */
    async function goToHeading(notebook, name) {
        /** @param {string} line */
        const isIt = line =>
            line.startsWith("#") && line.replace(/^#+ /, "").replaceAll(" ", "-") === name;
        const index = [...notebook.model.cells].findIndex(
            ({type, sharedModel}) =>
                type === "markdown" && sharedModel.getSource().split("\n").some(isIt),
        );
        const heading = `[data-jupyter-id="${CSS.escape(name)}"]`;
        const found = () => notebook.widgets[index]?.node.querySelector(heading);
        const end = performance.now() + 10 * SETTLED;
        while (index >= 0 && !found() && performance.now() < end) {
            if (notebook.widgets[index]) await notebook.scrollToItem(index, "start");
            await new Promise(requestAnimationFrame);
        }
        found()?.scrollIntoView();
        setTimeout(holdView(notebook), 2 * SETTLED); // what stands above is drawn later
    }

    // --- keys pressed in a widget of ipywidgets stay there, as in an explorer, whose file lies beside
    // this one

    const {src} = /** @type {HTMLScriptElement} */ (document.currentScript);
    /** @type {Promise<typeof import('../../kl_course/picture.js')>} */
    const PICTURE = import(new URL("picture.js", src).href);

    function keepKeysInWidgets() {
        PICTURE.then(({keepKeys}) =>
            keepKeys(target => target.closest(".jp-OutputArea-output .jupyter-widgets") !== null),
        );
        // The arrow keys move between radio buttons of one name, and ipywidgets gives them none.
        window.addEventListener("focusin", ({target}) => {
            if (!(target instanceof HTMLInputElement) || target.type !== "radio" || target.name)
                return;
            const name = `kl-${Math.random()}`;
            const group = target.closest(".widget-radio-box")?.querySelectorAll("input") ?? [];
            for (const radio of group) radio.name = name;
        });
    }

    // --- a notebook is unsaved when a learner changed it, not when its kernel told its version

    /** @param {Model} model */
    function staySavedWhenOpened(model) {
        model.metadataChanged.connect((_, {key, oldValue, newValue}) => {
            const isSameKernel = key === "kernelspec" && oldValue?.name === newValue?.name;
            if (model.dirty || !(isSameKernel || key === "language_info")) return;
            queueMicrotask(() => (model.dirty = false));
        });
    }

    // --- widgets whose kernel crashed, was shut down or changed say so; ipywidgets marks them after
    // a restart by hand only

    /** @param {Panel} panel */
    function markLostWidgets(panel) {
        const mark = () => {
            for (const view of panel.node.querySelectorAll(
                ".jp-OutputArea-output .jupyter-widgets",
            )) {
                view.classList.add("jupyter-widgets-disconnected");
            }
        };
        panel.sessionContext.statusChanged.connect((_, status) => {
            if (["autorestarting", "dead"].includes(status)) mark();
        });
        panel.sessionContext.kernelChanged.connect((_, {oldValue}) => oldValue && mark());
    }

    // --- what is folded because it tells an answer stays folded when it is run, which JupyterLab
    // would unfold, and opens once one has committed

    const ASKS = /^\w+ = predict(_number)?\(/m;

    /** @param {Panel} panel */
    async function askFirst(panel) {
        await panel.context.ready;
        await panel.revealed;
        const {widgets, model} = panel.content;
        if (!model.getMetadata("kl_course")) return;
        /** @type {Cell | null} */
        let question = null;
        for (const cell of widgets) {
            if (ASKS.test(cell.model.sharedModel.getSource())) question = cell;
            if (question && cell.model.getMetadata("jupyter")?.outputs_hidden)
                foldUntilCommitted(cell, question);
        }
    }

    /**
     * @param {Cell} cell
     * @param {Cell} question
     */
    function foldUntilCommitted(cell, question) {
        const isCommitted = () => question.node.textContent?.includes("You predicted") ?? false;
        let opened = false; // by hand
        cell.node.addEventListener("click", ({target}) => {
            const by = ".jp-OutputPlaceholder, .jp-Placeholder, .jp-OutputCollapser";
            if (target instanceof Element && target.closest(by)) opened = true;
        });
        cell.model.stateChanged?.connect(() => {
            if (!opened && !isCommitted()) cell.outputHidden = true;
        });
        let before = isCommitted();
        const changed = () => {
            const now = isCommitted();
            if (now !== before && !opened) cell.outputHidden = !now;
            before = now;
        };
        new MutationObserver(changed).observe(question.node, {
            subtree: true,
            childList: true,
            characterData: true,
        });
    }

    const plugin = {
        id: "kl-lab:plugin",
        autoStart: true,
        /** @param {App} app */
        activate: app => {
            keepPlaceWhileRunning(app);
            followLinksToHeadings(app);
            keepKeysInWidgets();
            app.docRegistry.addWidgetExtension("Notebook", {
                createNew: (panel, {model}) => {
                    staySavedWhenOpened(model);
                    markLostWidgets(panel);
                    askFirst(panel);
                },
            });
        },
    };

    const module = {__esModule: true, default: plugin};
    window._JUPYTERLAB ??= {};
    window._JUPYTERLAB["kl-lab"] = {init: () => {}, get: async () => () => module};
})();
