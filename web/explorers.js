// The explorers of a page: each wakes when it comes near, and a link opens one at its setting.

// @ts-check

import {wake, wakeWhenNear} from "./frozen.js";
import {boxOf, read} from "./links.js";
import {arrange} from "./picture.js";

/** @param {HTMLElement} box */
function bringIntoView(box) {
    for (
        let fold = box.closest("details");
        fold;
        fold = fold.parentElement?.closest("details") ?? null
    )
        fold.open = true;
    // A deck turns to a slide instead.
    const going = new CustomEvent("kl-open", {bubbles: true, cancelable: true});
    if (box.dispatchEvent(going)) box.scrollIntoView();
}

/** @param {string} address */
async function open(address) {
    const link = read(address);
    const box = link && boxOf(link);
    if (!box) return; // a heading, or nothing of ours
    bringIntoView(box);
    const awake = await wake(box);
    awake?.source.follow(link.wanted);
    bringIntoView(box); // it has another height now
}

/** @type {NodeListOf<HTMLElement>} */
const asleep = document.querySelectorAll(".kl-asleep");
const arrangeAll = () => asleep.forEach(arrange);
addEventListener("resize", arrangeAll);
arrangeAll();
for (const box of document.querySelectorAll(".kl-frozen"))
    wakeWhenNear(/** @type {HTMLElement} */ (box));
addEventListener("hashchange", ({newURL}) => open(newURL));
open(location.href);
