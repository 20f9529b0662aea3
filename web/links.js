// What an address says of an explorer: `#samples?mu_q=0.5&n=300`, or `#samples-2?…` of the second
// one of that name in the page.

// @ts-check

import {differences} from "./picture.js";

/**
 * @import {Copy, Scene, Setting} from "./picture.js"
 * @typedef {{name: string, place: number, wanted: [name: string, text: string][]}} Link
 */

/**
 * @param {string} address
 * @returns {Link | null}
 */
export function read(address) {
    const found = /^#([a-z_0-9]+)(?:-(\d+))?(?:\?(.*))?$/.exec(new URL(address).hash);
    if (!found) return null;
    const [, name, place = "1", rest = ""] = found;
    return {name, place: Number(place), wanted: [...new URLSearchParams(rest)]};
}

/**
 * The boxes of the explorers of a name.
 * @param {string} name
 * @returns {HTMLElement[]}
 */
const boxes = name =>
    [...document.querySelectorAll(`.kl-frozen[data-name="${name}"]`)].map(
        box => /** @type {HTMLElement} */ (box),
    );

/** @param {Link} link */
export const boxOf = ({name, place}) => boxes(name)[place - 1];

/**
 * A link to what an explorer shows: in this page, unless its box names another one.
 * @param {HTMLElement} box
 * @param {{scene: Scene, setting: Setting}} explorer
 * @returns {Copy}
 */
export function copyOf(box, explorer) {
    const text = () => {
        const {scene, setting} = explorer;
        const address = new URL(box.dataset.address ?? location.href);
        const place = boxes(scene.name).indexOf(box) + 1;
        const name = place > 1 ? `${scene.name}-${place}` : scene.name;
        address.hash = [name, differences(scene, setting).join("&")].filter(Boolean).join("?");
        return address.href;
    };
    return {label: "Copy link", said: "Link copied.", text};
}
