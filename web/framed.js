// An explorer's page tells the page that it is framed in how high it is: {explorer: NAME, height}.

// @ts-check

const root = document.documentElement;
new ResizeObserver(() => {
    const height = Math.ceil(root.getBoundingClientRect().height);
    parent.postMessage({explorer: document.body.dataset.explorer, height}, "*");
}).observe(root);
