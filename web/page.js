// What a page does by itself: questions, the theme of the explorers, tables and formulas that are
// wider than the screen, and what printing opens.

// @ts-check

import {startQuestions} from "./questions.js";

// The explorers know JupyterLab's word for a dark page.
const dark = matchMedia("(prefers-color-scheme: dark)");
function followTheme() {
    const {theme} = document.body.dataset;
    const isDark = theme === "dark" || (theme !== "light" && dark.matches);
    document.documentElement.dataset.jpThemeLight = String(!isDark);
}
new MutationObserver(followTheme).observe(document.body, {attributeFilter: ["data-theme"]});
dark.addEventListener("change", followTheme);
followTheme();

// What scrolls sideways must be reached by the keyboard.
const WIDE = ".table-wrapper, .highlight pre, div.math, p:has(.katex)";
function letScroll() {
    /** @type {NodeListOf<HTMLElement>} */
    const wide = document.querySelectorAll(WIDE);
    for (const node of wide) {
        if (node.scrollWidth > node.clientWidth) node.tabIndex = 0;
        else node.removeAttribute("tabindex");
    }
}
addEventListener("resize", letScroll);
document.addEventListener("toggle", letScroll, true);
document.fonts.ready.then(letScroll);
letScroll();

/** @type {HTMLDetailsElement[]} */
let closed = [];
addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details")].filter(node => !node.open);
    for (const node of closed) node.open = true;
});
addEventListener("afterprint", () => {
    for (const node of closed) node.open = false;
});

startQuestions();
