// Explorers in a page without a kernel: frames that were rendered beforehand, shown by picture.js.
//
// It computes nothing. A moved slider, a button or a dragged handle asks for a setting; the nearest
// one that has a frame is shown, and where that is not the one asked for, it is said.

// @ts-check

import {copyOf} from "./links.js";
import {
    bytesOf,
    distance,
    draw,
    element,
    Frames,
    layoutOf,
    notANumber,
    numberIn,
    shown,
} from "./picture.js";

/**
 * @import {Change, Copy, Drag, Layout, Place, Readout, Scene, Setting, Shown, Source} from "./picture.js"
 */

/**
 * What a button does: to the state of a game (null: that has no frame), or to sliders.
 * @typedef {object} Button
 * @property {(number | null)[]} [go] the state it leads to, from each
 * @property {Setting} [set]
 * @property {[string, string][]} [swap]
 * @property {string} [next] the slider of seeds
 * @property {boolean} [reset]
 */

/**
 * The first line of a file, as freeze.py writes it.
 * @typedef {object} Head
 * @property {Scene} scene
 * @property {Layout} layout
 * @property {string} still an image in base64
 * @property {Record<string, number[]>} stops the values that a slider has in some frame
 * @property {Record<string, Button>} buttons
 * @property {number[]} back the state that a moved slider goes back to, from each
 * @property {number} pieces how many lines of them follow
 * @property {number} decimals
 */

/** @typedef {{moving: string, readout: Readout, places: Record<string, Place>}} Parts */

/**
 * @typedef {object} Frame
 * @property {number} state of the game
 * @property {number[]} at the place of each slider's stop
 * @property {Setting} setting
 * @property {() => Parts} parts
 * @property {Record<string, Place>} [places] once they were asked for
 */

/** @typedef {{head: Head, names: string[], frames: Frame[]}} FrozenScene */

const NEAR = "800px"; // below and above the screen, where frames are fetched
const FAILED =
    "The frames of this explorer could not be fetched, so its picture stands still. It tries again" +
    " when the network is back, or when you touch it.";

// --- the file that freeze.py wrote

/** @param {string} address */
async function fetchText(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    const data = new Uint8Array(await answer.arrayBuffer());
    if (data[0] !== 0x1f || data[1] !== 0x8b) return new TextDecoder().decode(data); // unpacked on the way
    const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
}

/**
 * An outline as freeze.py packs it: letters, the steps across and down from corner to corner, the rest.
 * @param {string} row
 * @param {number} decimals
 */
function unpack(row, decimals) {
    if (row === "\\n") return "\n";
    if (row[0] !== "~") return row;
    const [letters, across, down] = row.slice(1).split(" ", 3);
    const piece = row.slice(letters.length + across.length + down.length + 4);
    const places = [across, down].map(column => {
        let at = 0;
        return tokensOf(column, /!-?\d+;|./g).map(step => {
            at += step.length > 1 ? parseInt(step.slice(1), 10) : step.charCodeAt(0) - 80;
            return at;
        });
    });
    let count = 0;
    const next = () => (places[count % 2][count++ >> 1] / 10 ** decimals).toFixed(decimals);
    const data = letters.replace(
        /([A-Z])(\d*)/g,
        (_, letter, run) =>
            letter +
            ("LQC".includes(letter) ? " " : "") +
            Array.from({length: Number(run)}, next).join(" "),
    );
    return piece.replace(' d="', ` d="${data}`);
}

/**
 * @param {string} text
 * @param {RegExp} kinds
 */
function tokensOf(text, kinds) {
    return text.match(kinds) ?? [];
}

/**
 * @param {string} text
 * @returns {FrozenScene}
 */
function read(text) {
    const [first, ...rest] = text.split("\n");
    /** @type {Head} */
    const head = JSON.parse(first);
    const rows = rest.slice(0, head.pieces);
    /** @type {string[]} */
    const unpacked = [];
    /** @param {number} i */
    const piece = i => {
        unpacked[i] ??= unpack(rows[i], head.decimals);
        return unpacked[i];
    };
    const names = Object.keys(head.stops);
    /** @type {number[]} */
    let before = [];
    let fresh = 0;
    const frames = rest.slice(head.pieces).map(line => {
        const numbers = line.split(" ");
        const tokens = tokensOf(numbers.pop() ?? "", /\.|\+|\d+,/g);
        const [state, ...at] = numbers.map(Number);
        const indices = tokens.map((token, i) =>
            token === "." ? before[i] : token === "+" ? fresh++ : parseInt(token, 10),
        );
        before = indices;
        const setting = Object.fromEntries(names.map((name, i) => [name, head.stops[name][at[i]]]));
        const parts = () => {
            const [moving, readout, places] = indices.map(piece).join("").split("\n");
            return {moving, readout: JSON.parse(readout), places: JSON.parse(places)};
        };
        return {state, at, setting, parts};
    });
    return {head, names, frames};
}

/** @type {Map<string, Promise<FrozenScene>>} */
const files = new Map(); // an explorer may stand in a page twice

/**
 * @param {string} base address without the end
 * @param {Layout} layout
 */
function load(base, layout) {
    const address = `${base}${layout === "narrow" ? "-narrow" : ""}.json.gz`;
    const file = files.get(address) ?? fetchText(address).then(read);
    files.set(address, file);
    file.catch(() => files.delete(address)); // so that it is fetched again
    return file;
}

// --- the file as a source

/** @implements {Source} */
class Frozen {
    gone = false;
    busy = false;
    said = "";

    /**
     * @param {FrozenScene} file
     * @param {(layout: Layout) => void} turn the page wants the other picture
     */
    constructor({head, names, frames}, turn) {
        this.head = head;
        this.scene = head.scene;
        this.names = names;
        this.frames = frames;
        this.layout = head.layout;
        this.fit = turn;
        /** @type {Copy | undefined} */
        this.copy = undefined;
        this.trail = 0; // how often one began anew
        /** @type {Frames<Frame>[]} those of each state of the game */
        this.byState = head.back.map(() => new Frames(names, head.stops));
        for (const frame of frames) this.byState[frame.state].add(frame);
        this.sliders = Object.fromEntries(head.scene.sliders.map(slider => [slider.name, slider]));
        this.start = this.now = frames[0];
        this.setting = {...this.start.setting};
        /** @type {Shown} */
        this.shown = {...this.start.parts(), setting: this.setting, trail: 0};
        this.still = bytesOf(head.still);
        this.tell = /** @type {(change: Change) => void} */ (() => {});
    }

    /** @param {(change: Change) => void} listen */
    watch(listen) {
        this.tell = listen;
    }

    // What there is, is here already.
    look() {}
    rest() {}
    close() {}

    // --- what a person does

    /**
     * @param {Setting} setting
     * @param {string} name
     */
    slide(setting, name) {
        this.go(setting, [name], this.head.back[this.now.state]);
        if (this.setting[name] !== setting[name]) this.say(this.nearestWords([name]));
    }

    /**
     * Begin elsewhere; Reset comes back there.
     * @param {[name: string, text: string][]} wanted
     */
    begin(wanted) {
        this.follow(wanted);
        this.start = this.now;
    }

    /**
     * Go where a link asks for: from the start, with values for some sliders.
     * @param {[name: string, text: string][]} wanted
     */
    follow(wanted) {
        const setting = {...this.start.setting};
        /** @type {string[]} */
        const words = [];
        /** @type {string[]} */
        const asked = [];
        for (const [name, text] of wanted) {
            const [slider, value] = [this.sliders[name], numberIn(text)];
            if (!slider) words.push(`No slider is called ${name} here.`);
            else if (value === undefined) words.push(notANumber(slider, text));
            else {
                setting[name] = value;
                asked.push(name);
            }
        }
        this.show(this.nearest(setting, asked, 0));
        const off = this.names.filter(name => this.setting[name] !== setting[name]);
        if (off.length) words.push(this.nearestWords(off));
        if (words.length) this.say(words.join(" "));
    }

    /** @param {string} label */
    press(label) {
        const button = this.head.buttons[label];
        const {setting, state} = this.now;
        const back = this.head.back[state];
        if (button.reset) {
            this.trail += 1;
            this.show(this.start);
        } else if (button.set) this.go({...setting, ...button.set}, Object.keys(button.set), back);
        else if (button.swap) this.swap(button.swap, back);
        else if (button.next) {
            const {[button.next]: seeds} = this.head.stops;
            const next = (seeds.indexOf(setting[button.next]) + 1) % seeds.length;
            this.go({...setting, [button.next]: seeds[next]}, [button.next], back);
        } else if (button.go) {
            const next = button.go[state];
            if (next !== null) this.go(setting, this.names, next);
            else
                this.say(
                    `“${label}” once more is for the live version. Here a moved slider begins anew.`,
                );
        }
    }

    /**
     * @param {[string, string][]} pairs
     * @param {number} state
     */
    swap(pairs, state) {
        const wanted = {...this.now.setting};
        for (const [one, other] of pairs)
            [wanted[one], wanted[other]] = [wanted[other], wanted[one]];
        const frame = this.nearest(wanted, this.names, state);
        if (this.names.every(name => frame.setting[name] === wanted[name])) this.show(frame);
        else
            this.say(
                "There is no picture of this pair the other way round. The live version has it.",
            );
    }

    /**
     * Among the frames that differ by what the handle moves: the one that has it nearest.
     * @param {Drag} place
     */
    drag(place) {
        const handle = this.scene.handles.find(({name}) => name === place.handle);
        if (!handle) return;
        const {moves} = handle;
        const state = this.head.back[this.now.state];
        const row = this.row(moves, state);
        const size = this.scene.sizes[this.layout];
        let [best, least] = [this.now, Infinity];
        for (const frame of row) {
            frame.places ??= frame.parts().places;
            const far =
                distance(size, handle, place, frame.places[handle.name]) +
                1e-6 * this.apart(frame.at, this.now.at);
            if (far < least) [best, least] = [frame, far];
        }
        this.show(best, moves);
    }

    // --- which frame

    /**
     * @param {Setting} setting
     * @param {string[]} moved
     * @param {number} state
     */
    go(setting, moved, state) {
        this.show(this.nearest(setting, moved, state), moved);
    }

    /**
     * @param {Setting} setting
     * @param {string[]} moved
     * @param {number} state
     */
    nearest(setting, moved, state) {
        return this.byState[state].nearest(setting, moved) ?? this.now;
    }

    /**
     * The frames that differ in no slider but these; where there are none, those of the nearest base.
     * @param {string[]} moves
     * @param {number} state
     */
    row(moves, state) {
        const kept = this.names
            .map((name, i) => (moves.includes(name) ? -1 : i))
            .filter(i => i >= 0);
        /** @type {Map<string, Frame[]>} */
        const rows = new Map();
        for (const frame of this.frames) {
            if (frame.state !== state) continue;
            const key = kept.map(i => frame.at[i]).join(" ");
            const row = rows.get(key) ?? [];
            row.push(frame);
            rows.set(key, row);
        }
        /** @type {Frame[]} */
        let best = [];
        let least = Infinity;
        for (const row of rows.values()) {
            if (row.length < 2) continue;
            let cost = 0;
            for (const i of kept) {
                const off = Math.abs(row[0].at[i] - this.now.at[i]);
                cost += off && 1e3 + off;
            }
            if (cost < least) [best, least] = [row, cost];
        }
        return best;
    }

    /**
     * @param {number[]} at
     * @param {number[]} other
     */
    apart(at, other) {
        return at.reduce((sum, place, i) => sum + Math.abs(place - other[i]), 0);
    }

    // --- the answer

    /**
     * @param {Frame} frame
     * @param {string[]} moved
     */
    show(frame, moved = this.names) {
        const others = this.names.filter(
            name => !moved.includes(name) && frame.setting[name] !== this.now.setting[name],
        );
        this.now = frame;
        this.setting = {...frame.setting};
        this.shown = {...frame.parts(), setting: this.setting, trail: this.trail};
        this.tell("setting");
        this.tell("frame");
        if (others.length) this.say(`One slider at a time here: ${this.words(others)}.`);
    }

    /** @param {string[]} names */
    nearestWords(names) {
        const texts = names.map(name => {
            const {label} = this.sliders[name];
            return `${label} stands at ${shown(this.sliders[name], this.setting[name])}`;
        });
        return `${texts.join(", ")}, the nearest that there is a picture of.`;
    }

    /** @param {string[]} names */
    words(names) {
        const texts = names.map(name => {
            const {label} = this.sliders[name];
            return `${label} to ${shown(this.sliders[name], this.setting[name])}`;
        });
        return texts.length > 3 ? "the others went back" : `${texts.join(", ")} went back`;
    }

    /** @param {string} text */
    say(text) {
        this.said = text;
        this.tell("said");
    }
}

// --- the page

/** @typedef {{source: Frozen, end: () => void}} Awake */

/** @type {WeakMap<HTMLElement, Promise<Awake>>} */
const awake = new WeakMap();

/**
 * The explorer of a box, which wakes now unless it is awake.
 * @param {HTMLElement} box
 */
export function wake(box) {
    near.unobserve(box);
    const asleep = /** @type {HTMLElement} */ (box.querySelector(".kl-explorer"));
    const begun = awake.get(box) ?? show(box, layoutOf(asleep));
    awake.set(box, begun);
    return begun;
}

/** @param {HTMLElement} box */
export function wakeWhenNear(box) {
    near.observe(box);
}

/**
 * The page has no place for it any more.
 * @param {HTMLElement} box
 */
export function sleep(box) {
    near.unobserve(box);
    awake.get(box)?.then(({end}) => end());
}

/**
 * Draw the file of a layout, and that of the other one once the page asks for it.
 * @param {HTMLElement} box
 * @param {Layout} layout
 * @param {Frozen} [before] whose setting it goes on with
 * @returns {Promise<Awake>}
 */
async function show(box, layout, before) {
    const file = await fetched(box, layout);
    let wanted = layout;
    const source = new Frozen(file, asked => {
        if (asked === wanted) return;
        wanted = asked;
        if (asked === layout) return;
        const turned = show(box, asked, source);
        awake.set(box, turned);
        turned.then(end);
    });
    source.copy = copyOf(box, source);
    const el = element("div", {className: "kl-live"});
    box.querySelector(".kl-live")?.remove();
    const asleep = /** @type {HTMLElement} */ (box.firstElementChild);
    asleep.after(el);
    const end = draw(source, el);
    asleep.classList.add("kl-replaced");
    if (box.dataset.start) source.begin([...new URLSearchParams(box.dataset.start)]);
    if (before) source.go(before.setting, source.names, before.now.state);
    return {source, end};
}

/**
 * The file, however long it takes: it is fetched again when the network is back, or at a touch.
 * @param {HTMLElement} box
 * @param {Layout} layout
 */
async function fetched(box, layout) {
    const said = element("p", {className: "kl-failed", textContent: FAILED, role: "status"});
    for (;;) {
        try {
            const file = await load(box.dataset.src ?? "", layout);
            said.remove();
            return file;
        } catch (problem) {
            console.warn(problem);
            box.append(said);
            await new Promise(again => {
                const heard = new AbortController();
                const go = () => {
                    heard.abort();
                    again(undefined);
                };
                addEventListener("online", go, {signal: heard.signal});
                box.addEventListener("pointerdown", go, {signal: heard.signal});
            });
        }
    }
}

const near = new IntersectionObserver(
    seen => {
        for (const {target, isIntersecting} of seen)
            if (isIntersecting) wake(/** @type {HTMLElement} */ (target));
    },
    {rootMargin: `${NEAR} 0px`},
);
