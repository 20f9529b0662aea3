// A deck: typeset the formulas, give each slide what fits on it, and hand over to reveal.js.
// @ts-check
"use strict";

const FLOOR = 690; // where a slide's content must end, of 720 px
const SIZES = [32, 29, 26, 24, 22]; // px: a slide takes the largest that fits
const SMALLEST = SIZES[SIZES.length - 1];
const LEAVES =
    ".cell > *, .cell > ul > li, .cell > ol:not(.options) > li, .answer > *, .cell details > *";

window.MathJax = {
    messageStyle: "none",
    showMathMenu: false,
    skipStartupTypeset: true,
    displayAlign: "left",
    displayIndent: "1em",
    tex2jax: {inlineMath: [["$", "$"]], displayMath: [["$$", "$$"]]},
    CommonHTML: {
        linebreaks: {automatic: false},
        scale: 92,
        minScaleAdjust: 100,
        mtextFontInherit: true,
    },
    AuthorInit: () => MathJax.Hub.Register.StartupHook("End", start),
};

/**
 * @param {ParentNode} node
 * @param {string} selector
 * @returns {HTMLElement[]}
 */
const all = (node, selector) =>
    [...node.querySelectorAll(selector)].map(found => /** @type {HTMLElement} */ (found));

/**
 * @param {ParentNode} node
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
const first = (node, selector) => node.querySelector(selector);

/** @type {HTMLElement | null} */
let linked = null; // the explorer that a link asks for

addEventListener("kl-open", event => {
    event.preventDefault();
    linked = /** @type {HTMLElement} */ (event.target);
    turn();
});

function turn() {
    /** @type {HTMLElement | null | undefined} */
    const slide = linked?.closest("section");
    if (!slide || !Reveal.isReady()) return; // it turns there when it is
    const {h, v} = Reveal.getIndices(slide);
    Reveal.slide(h, v);
}

function start() {
    MathJax.Hub.Queue(["Typeset", MathJax.Hub], show);
}

async function show() {
    await document.fonts.ready;
    all(document, ".mjx-chtml.MJXc-display").forEach(step);
    all(document, ".slides section > section").forEach(fit);
    document.body.classList.remove("measuring");
    Reveal.initialize({
        width: 1280,
        height: 720,
        margin: 0,
        center: false,
        hash: true,
        slideNumber: "c/t",
        transition: "none",
        pdfSeparateFragments: false,
        // Keys pressed in an explorer are its own.
        keyboardCondition: ({target}) =>
            !(target instanceof Element && target.closest(".kl-frozen, summary")),
        plugins: [RevealNotes],
    }).then(() => {
        Reveal.on("slidechanged", event => place(event.currentSlide));
        const later = new MutationObserver(() => place(Reveal.getCurrentSlide()));
        for (const box of all(document, ".kl-frozen"))
            later.observe(box, {childList: true, subtree: true});
        turn();
        place(Reveal.getCurrentSlide());
    });
}

/**
 * An explorer's picture is as wide as leaves room for its sliders and numbers.
 * @param {HTMLElement} slide
 */
function place(slide) {
    const box = first(slide, ".kl-live .kl-explorer");
    const picture = box && first(box, ".kl-picture");
    /** @type {HTMLElement | null | undefined} */
    const frozen = box?.closest(".kl-frozen");
    if (!picture || !frozen || frozen.dataset.placed) return;
    const room = FLOOR - frozen.offsetTop;
    const ratio = Number(getComputedStyle(box).getPropertyValue("--kl-narrow"));
    const width = Math.min(640, Math.floor(room * ratio));
    frozen.style.setProperty("--picture", `${width}px`);
    frozen.dataset.placed = "true";
}

/**
 * A derivation comes line by line.
 * @param {HTMLElement} display
 */
function step(display) {
    const rows = first(display, ".mjx-mtable .mjx-table")?.children ?? [];
    for (const row of [...rows].slice(1)) row.classList.add("fragment");
}

/** @param {HTMLElement} slide */
function fit(slide) {
    const heading = all(slide, LEAVES)
        .slice(1)
        .find(leaf => leaf.tagName === "H2");
    if (heading) fit(continued(slide, heading));
    set(slide, SMALLEST);
    for (const pre of all(slide, "pre")) pre.classList.toggle("wrapped", isWide(pre));
    for (const size of SIZES) {
        set(slide, size);
        if (fits(slide)) return;
    }
    set(slide, 26);
    const leaf = firstOver(slide);
    if (leaf) fit(continued(slide, leaf));
    else set(slide, SMALLEST);
}

/**
 * @param {HTMLElement} slide
 * @param {number} size
 */
function set(slide, size) {
    slide.style.setProperty("--size", `${size}px`);
    all(slide, ".mjx-chtml.MJXc-display").forEach(narrow);
}

/**
 * A formula that is wider than the slide is set smaller.
 * @param {HTMLElement} display
 */
function narrow(display) {
    display.style.fontSize = "";
    const {left, width} = (display.parentElement ?? display).getBoundingClientRect();
    const parts = all(display, ".mjx-math, .mjx-math *");
    const math = Math.max(...parts.map(part => part.getBoundingClientRect().right)) - left;
    if (math > width) display.style.fontSize = `${Math.floor((100 * width) / math)}%`;
}

/** @param {HTMLElement} slide */
function fits(slide) {
    const boxes = all(slide, ".cell").map(cell => cell.getBoundingClientRect().bottom);
    return (
        !all(slide, "pre").some(isWide) &&
        Math.max(...boxes) - slide.getBoundingClientRect().top <= FLOOR
    );
}

/** @param {HTMLElement} pre */
function isWide(pre) {
    return pre.scrollWidth > pre.clientWidth;
}

/**
 * Where the next slide begins: never between a heading, or words that end in a colon, and what follows.
 * @param {HTMLElement} slide
 */
function firstOver(slide) {
    const top = slide.getBoundingClientRect().top;
    const leaves = all(slide, LEAVES);
    let i = leaves.findIndex(
        leaf => leaf.getBoundingClientRect().bottom - top > FLOOR && !leaf.querySelector("li"),
    );
    while (i > 1 && (/^H\d/.test(leaves[i - 1].tagName) || /:\s*$/.test(leaves[i - 1].textContent)))
        i -= 1;
    return i > 0 ? leaves[i] : null;
}

/**
 * The slide that begins with this part of another one, and follows it.
 * @param {HTMLElement} slide
 * @param {HTMLElement} leaf
 */
function continued(slide, leaf) {
    const next = /** @type {HTMLElement} */ (slide.cloneNode(false));
    const heading = first(slide, "h1, h2, h3, .running");
    if (heading && leaf.tagName !== "H2") {
        const running = document.createElement("p");
        running.className = "running";
        running.innerHTML = heading.innerHTML;
        next.append(running);
    }
    const list = leaf.closest("ol");
    const nth = list ? [...list.children].indexOf(leaf) + (list.start || 1) : 0;
    const range = document.createRange();
    range.setStartBefore(leaf);
    range.setEnd(slide, slide.childNodes.length);
    next.append(range.extractContents());
    const rest = list && next.querySelector("ol");
    if (rest) rest.start = nth;
    first(next, ".cell")?.classList.remove("fragment");
    slide.after(next);
    return next;
}
