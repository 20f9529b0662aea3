// An explorer in anybody's page: the module NAME.mjs, which alone.py makes of this and what it needs.
//
// A host hands over an element and, if it is one of anywidget's, a model. Of that only `get` is asked,
// as MyST's throws at everything else; and the element is added to and never emptied, as a host may
// keep its own style in it.

// @ts-check

import {sleep, wakeWhenNear} from "./frozen.js";
import {arrange, element} from "./picture.js";

/**
 * What alone.py writes. Addresses in it begin with FOLDER.
 * @typedef {object} About
 * @property {string} name
 * @property {string} box HTML: the picture, until there are frames
 * @property {string} from HTML: the lesson that it belongs to
 * @property {string} style
 */

/**
 * @typedef {object} Host
 * @property {HTMLElement} el
 * @property {{get: (name: string) => any}} [model] may know `frames`, the address of the folder with
 *     the frames, and `start`, values of some sliders
 */

const FOLDER = "{folder}";
const LOST = "Say where the frames of this explorer are: the address of the folder, as “frames”.";
const THEMES = {attributeFilter: ["class", "style", "data-theme", "data-mode"]};
const FADED = 500; // ms after which a page has changed its colours

/**
 * The address of the folder with the frames: as given, else where this module is.
 * @param {string | undefined} given
 * @param {string} here
 */
function folderOf(given, here) {
    try {
        const folder = given ? new URL(given, document.baseURI) : new URL(".", here);
        return folder.href.replace(/\/*$/, "");
    } catch {
        return null; // a module without an address: a host has made it of text
    }
}

/**
 * Whether a colour is a light one, in whichever way it is written.
 * @param {string} color
 */
function isLight(color) {
    const paper = new OffscreenCanvas(1, 1).getContext("2d");
    if (!paper) return false;
    paper.fillStyle = color;
    paper.fillRect(0, 0, 1, 1);
    const [red, green, blue] = paper.getImageData(0, 0, 1, 1).data;
    return 0.3 * red + 0.6 * green + 0.1 * blue > 128;
}

/**
 * A page whose text is light is a dark one. It may change.
 * @param {HTMLElement} root
 */
function followTheme(root) {
    const look = () => {
        root.dataset.theme = isLight(getComputedStyle(root).color) ? "dark" : "light";
    };
    /** @type {ReturnType<typeof setTimeout>} */
    let later;
    const change = () => {
        look();
        clearTimeout(later);
        later = setTimeout(look, FADED);
    };
    const watch = new MutationObserver(change);
    for (const node of [document.documentElement, document.body]) watch.observe(node, THEMES);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", change);
    change();
    return () => {
        watch.disconnect();
        dark.removeEventListener("change", change);
        clearTimeout(later);
    };
}

/**
 * @param {About} about
 * @param {string} here address of the module
 */
export function alone(about, here) {
    /** @param {Host} host */
    function render({model, el}) {
        const folder = folderOf(model?.get("frames"), here);
        const root = element("div", {className: "kl-own"});
        root.append(element("style", {textContent: about.style}));
        el.append(root);
        if (folder === null) {
            root.append(element("p", {textContent: LOST}));
            return () => root.remove();
        }
        const shown = element("div", {innerHTML: about.box.replaceAll(FOLDER, folder)});
        const box = /** @type {HTMLElement} */ (shown.firstElementChild);
        const asleep = /** @type {HTMLElement} */ (box.firstElementChild);
        box.dataset.address = `${folder}/${about.name}.html`;
        const from = element("p", {
            className: "kl-about",
            innerHTML: about.from.replaceAll(FOLDER, folder),
        });
        root.append(box, from);
        const fit = () => arrange(asleep);
        addEventListener("resize", fit);
        fit();
        const stop = followTheme(root);
        box.dataset.start = String(new URLSearchParams(model?.get("start")));
        wakeWhenNear(box);
        return () => {
            removeEventListener("resize", fit);
            stop();
            sleep(box);
            root.remove();
        };
    }
    return {render};
}
