// The front end of an explorer: sliders, buttons, picture, readout. It computes nothing.
//
// What it shows comes from a `Source`: a kernel (`Live`, below) or a file of frames (frozen.js). Both
// keep frames by setting (`Frames`), and show one that is there at once.
//
// Still image, what moves over it, and readout are elements that last: only what changed is
// replaced, so that nothing flickers and a screen reader hears the readout.

// @ts-check

/**
 * A slider, as `for_the_page` of engine.py writes it.
 * @typedef {object} Slider
 * @property {string} name
 * @property {string} label
 * @property {number} start where the scene begins
 * @property {number[]} stops where the handle can stand; empty without a handle
 * @property {[number, number]} ends the lowest and the highest value
 * @property {string[]} texts of the stops, where these are the only values
 * @property {number} digits decimals
 * @property {boolean} whole
 * @property {string} color
 * @property {boolean} folds whether a narrow page folds it away
 */

/**
 * A place in the picture that can be dragged.
 * @typedef {object} Handle
 * @property {string} name
 * @property {string} color
 * @property {boolean} ring whether a ring shows it, as the picture does not
 * @property {string[]} moves the sliders that it moves
 * @property {number[]} ways of the hand that matter: 0 across, 1 down
 */

/**
 * What a page has to know of a scene.
 * @typedef {object} Scene
 * @property {string} name begins every id in its SVG
 * @property {string} alt
 * @property {Record<Layout, [width: number, height: number]>} sizes of its pictures, in CSS pixels
 * @property {Record<string, string>} style what picture.css has to know
 * @property {string[]} buttons
 * @property {boolean} trail whether a picture shows what was visited before
 * @property {Handle[]} handles
 * @property {Slider[]} sliders
 */

/** @typedef {"wide" | "narrow"} Layout of the picture; the narrow one is drawn for a phone */
/** @typedef {Record<string, number>} Setting slider -> value */
/** @typedef {[left: number, top: number]} Place fractions of the picture */
/** @typedef {{handle: string, left: number, top: number}} Drag */

/**
 * Lines in rows, or why there are none.
 * @typedef {{error?: undefined, rows: [name: string, number: string][][], table: boolean, notes: string[]}} Lines
 * @typedef {Lines | {error: string}} Readout
 */

/**
 * What is shown for a setting.
 * @typedef {object} Shown
 * @property {Setting} setting
 * @property {string} moving SVG
 * @property {Record<string, Place>} places handle -> its place
 * @property {Readout} readout
 * @property {number} [trail] how often a live trail had changed before
 */

/**
 * What a button beside Reset copies, and the word for it.
 * @typedef {{label: string, said: string, text: () => string}} Copy
 */

/** @typedef {"setting" | "frame" | "still" | "said" | "gone"} Change */

/**
 * Where what is shown comes from, and who hears what a hand does.
 * @typedef {object} Source
 * @property {Scene} scene
 * @property {Setting} setting of the sliders; the frame for it may be on its way
 * @property {Shown} shown the frame that is there
 * @property {Layout} layout of `shown` and `still`
 * @property {BlobPart | null} still an image, once it is there
 * @property {string} said beside the buttons
 * @property {boolean} busy whether what counts is still on its way
 * @property {boolean} gone whether nobody answers any more
 * @property {Node | string} [wayOn] what to do then
 * @property {Copy} [copy] what leads others to what is shown
 * @property {(setting: Setting, name: string) => void} slide a slider was moved
 * @property {(place: Drag) => void} drag a handle was
 * @property {(label: string) => void} press a button was pressed
 * @property {() => void} rest the hand let go
 * @property {(layout: Layout) => void} fit the page has room for this picture
 * @property {(names: string[]) => void} look a hand comes to what moves these sliders, or goes: []
 * @property {(listen: (change: Change) => void) => void} watch
 * @property {() => void} close
 */

/**
 * What the kernel says, apart from answers.
 * @typedef {Shown & {scene: Scene, still: BlobPart, trail: number, heard: {page?: string, count?: number}}} Traits
 */

/**
 * An answer: frames, and how many that were asked for are still to come; or the narrow still
 * picture, a PNG in base64.
 * @typedef {{page: string, count: number, frames: Shown[], left?: number, still?: string}} Answer
 */

/** @typedef {`change:${keyof Traits}` | "comm_live_update"} ModelEvent */

/**
 * All that is asked of anywidget's model.
 * @typedef {object} Model
 * @property {<Name extends keyof Traits>(name: Name) => Traits[Name]} get
 * @property {(message: object) => void} send
 * @property {((event: ModelEvent, listen: () => void) => void) & ((event: "msg:custom", listen: (answer: Answer) => void) => void)} on
 * @property {((event: ModelEvent, listen: () => void) => void) & ((event: "msg:custom", listen: (answer: Answer) => void) => void)} off
 * @property {Manager} [widget_manager]
 */

/**
 * What JupyterLab and Voilà let see of the kernel.
 * @typedef {{connect: (listen: Heard) => void, disconnect: (listen: Heard) => void}} Signal
 * @typedef {(sender: unknown, status: unknown) => void} Heard
 * @typedef {{session?: {kernel?: object | null} | null, statusChanged: Signal, kernelChanged: Signal}} Session
 * @typedef {{context?: {sessionContext?: Session}, kernel?: {statusChanged?: Signal}}} Manager
 */

const GONE = "The kernel that computed this is gone, so the sliders rest. ";

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<HTMLElementTagNameMap[Tag]>} properties
 * @param {(Node | string)[]} children
 */
export function element(tag, properties = {}, ...children) {
    const node = document.createElement(tag);
    Object.assign(node, properties);
    node.append(...children);
    return node;
}

/** @param {string} base64 */
export const bytesOf = base64 => Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));

/** @param {string} text */
const withMinus = text => text.replace("-", "−");

/**
 * @param {Slider} slider
 * @param {number} value
 */
export function shown(slider, value) {
    if (slider.texts.length) return slider.texts[slider.stops.indexOf(value)];
    const short = value.toFixed(slider.digits);
    return withMinus(Number(short) === value ? short : String(value));
}

/**
 * The place of the stop that is closest to a value; of two that are as close, the first.
 * @param {number[]} stops
 * @param {number} value
 */
export function nearestStop(stops, value) {
    let best = 0;
    stops.forEach((stop, i) => {
        if (Math.abs(stop - value) < Math.abs(stops[best] - value)) best = i;
    });
    return best;
}

/**
 * The number that a text says, in either way to write a minus and a decimal.
 * @param {string} text
 */
export function numberIn(text) {
    const plain = text.trim().replace(/[−–]/g, "-").replace(",", ".");
    return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : undefined;
}

/**
 * @param {Slider} slider
 * @param {string} text
 */
export function notANumber({label}, text) {
    return `“${text.trim()}” is not a number, so ${label} stays.`;
}

/**
 * The sliders that stand elsewhere than at the scene's start, as `mu_q=0.5`.
 * @param {Scene} scene
 * @param {Setting} setting
 */
export function differences({sliders}, setting) {
    return sliders
        .filter(({name, start}) => setting[name] !== start)
        .map(({name}) => `${name}=${setting[name]}`);
}

/**
 * What a person typed, as {value} or as {complaint}, or as both where the nearest one is taken.
 * @param {Slider} slider
 * @param {string} text
 * @returns {{value?: number, complaint?: string}}
 */
function read(slider, text) {
    const value = numberIn(text);
    if (value === undefined) return {complaint: notANumber(slider, text)};
    const [low, high] = slider.ends;
    if (value < low || value > high)
        return {
            value: value < low ? low : high,
            complaint: `${slider.label} goes from ${shown(slider, low)} to ${shown(slider, high)}.`,
        };
    if (slider.whole && !Number.isInteger(value))
        return {complaint: `${slider.label} takes whole numbers, so it stays.`};
    return {value};
}

/**
 * How far a hand is from a handle, in pixels, along the ways that matter.
 * @param {[width: number, height: number]} size of the picture
 * @param {Handle} handle
 * @param {Drag} hand
 * @param {Place} place of the handle
 */
export function distance([width, height], {ways}, {left, top}, [x, y]) {
    const off = [(x - left) * width, (y - top) * height];
    return Math.hypot(...ways.map(way => off[way]));
}

/**
 * One control: its row of elements, and `show(value)`.
 * @param {Slider} slider
 * @param {(value: number) => void} set
 * @param {(text: string) => void} say
 * @param {Source} source
 */
function makeRow(slider, set, say, source) {
    const {label, stops, texts, color} = slider;
    const row = element("div", {className: slider.folds ? "kl-row kl-folds" : "kl-row"});
    row.style.setProperty("--kl-color", color);
    row.addEventListener("pointerenter", ({buttons}) => buttons || source.look([slider.name]));
    row.addEventListener("pointerleave", ({buttons}) => buttons || source.look([]));
    row.addEventListener("focusin", () => source.look([slider.name]));
    row.append(element("span", {className: "kl-label", textContent: label, ariaHidden: "true"}));
    const range = stops.length ? makeRange() : null;
    const box = texts.length
        ? element("output", {className: "kl-number", ariaHidden: "true"})
        : makeBox();
    row.append(...(range ? [range] : []), box);
    let current = NaN;

    function makeRange() {
        const range = element("input", {
            type: "range",
            min: "0",
            max: String(stops.length - 1),
            step: "1",
            ariaLabel: label,
        });
        range.addEventListener("input", () => set(stops[range.valueAsNumber]));
        let held = false; // by a hand, which lets go; keys do not
        range.addEventListener("pointerdown", () => {
            held = true;
        });
        range.addEventListener("change", () => {
            if (held) source.rest();
            held = false;
        });
        return range;
    }

    function makeBox() {
        const box = element("input", {
            type: "text",
            inputMode: "decimal",
            className: "kl-number",
            autocomplete: "off",
            ariaLabel: stops.length ? `${label}, number` : label,
        });
        /** @param {number} sign */
        const step = sign => {
            const stop = stops.length ? stops[nearestStop(stops, current) + sign] : current + sign;
            if (stop >= slider.ends[0] && stop <= slider.ends[1]) set(stop);
        };
        const take = () => {
            if (box.value === shown(slider, current)) return;
            const {value, complaint} = read(slider, box.value);
            if (complaint) say(complaint);
            if (value === undefined) show(current);
            else {
                set(value);
                source.rest();
            }
        };
        box.addEventListener("blur", take);
        box.addEventListener("keydown", event => {
            if (event.key === "Enter") take();
            else if (event.key === "ArrowUp") step(1);
            else if (event.key === "ArrowDown") step(-1);
            else if (event.key === "Escape") show(current);
            else return;
            event.preventDefault();
        });
        box.addEventListener("focus", () => box.select());
        return box;
    }

    /** @param {number} now */
    function show(now) {
        const text = shown(slider, now);
        current = now;
        box.value = text;
        if (range) {
            range.value = String(nearestStop(stops, now));
            range.ariaValueText = text;
        }
    }
    return {row, show};
}

/**
 * A place in the picture that can be dragged, by mouse, pen or touch: its element, and `show`.
 * @param {Handle} handle
 * @param {HTMLElement} picture
 * @param {(place: Drag) => void} drag
 * @param {Source} source
 */
function makeHandle({name, color, ring, moves}, picture, drag, source) {
    const grip = element("div", {
        className: ring ? "kl-grip kl-ring" : "kl-grip",
        ariaHidden: "true",
    });
    grip.style.setProperty("--kl-color", color);
    grip.addEventListener("pointerenter", ({buttons}) => buttons || source.look(moves));
    grip.addEventListener("pointerleave", ({buttons}) => buttons || source.look([]));
    grip.addEventListener("lostpointercapture", () => source.rest());
    grip.addEventListener("pointerdown", event => {
        closestGrip(picture, event).setPointerCapture(event.pointerId);
        event.preventDefault();
    });
    grip.addEventListener("pointermove", event => {
        if (!grip.hasPointerCapture(event.pointerId)) return;
        const box = picture.getBoundingClientRect();
        drag({
            handle: name,
            left: (event.clientX - box.left) / box.width,
            top: (event.clientY - box.top) / box.height,
        });
    });
    /** @param {Place} place */
    const show = ([left, top]) => {
        grip.style.left = `${100 * left}%`;
        grip.style.top = `${100 * top}%`;
    };
    return {grip, show};
}

/**
 * A button that copies; where the clipboard is refused, the text stands selected among the words.
 * @param {Copy} copy
 * @param {HTMLElement} words
 */
function makeCopyButton({label, said, text}, words) {
    const button = element("button", {type: "button", className: "kl-copy", textContent: label});
    button.addEventListener("click", async () => {
        try {
            await navigator.clipboard.writeText(text());
            words.textContent = said;
        } catch {
            const field = element("input", {readOnly: true, value: text(), ariaLabel: label});
            words.replaceChildren(field);
            field.select();
        }
    });
    return button;
}

/**
 * Under a finger there may be several, and the one on top need not be the one that is meant.
 * @param {HTMLElement} picture
 * @param {PointerEvent} event
 */
function closestGrip(picture, {clientX, clientY}) {
    const off = /** @param {Element} grip */ grip => {
        const {left, top, width, height} = grip.getBoundingClientRect();
        return Math.hypot(clientX - left - width / 2, clientY - top - height / 2);
    };
    const grips = [...picture.querySelectorAll(".kl-grip")];
    return grips.reduce((best, grip) => (off(grip) < off(best) ? grip : best));
}

/**
 * @param {HTMLElement} readout
 * @param {HTMLElement} lines
 * @param {HTMLElement} notes
 * @param {Readout} now
 */
function fillReadout(readout, lines, notes, now) {
    if (now.error !== undefined) {
        readout.setAttribute("role", "alert");
        lines.replaceChildren(now.error);
        return;
    }
    const {rows, table, notes: words} = now;
    readout.setAttribute("role", "status");
    lines.classList.toggle("kl-table", table);
    const flat = rows.flatMap(row =>
        row.map(([name, number], i) => ({name, number, first: table && !i})),
    );
    if (lines.children.length !== flat.length)
        lines.replaceChildren(
            ...flat.map(() => element("div", {}, element("span"), element("span"))),
        );
    flat.forEach(({name, number, first}, i) => {
        const [left, right] = lines.children[i].children;
        if (left.textContent !== name) left.textContent = name;
        if (right.textContent !== number) right.textContent = number;
        left.classList.toggle("kl-first", first);
    });
    const same =
        words.length === notes.children.length &&
        words.every((text, i) => notes.children[i].textContent === text);
    if (!same) notes.replaceChildren(...words.map(text => element("div", {textContent: text})));
}

/**
 * Keys pressed in a widget stay there: JupyterLab, which hears them first, would take x for “cut
 * the cell”. Those with a modifier (Ctrl+S, Shift+Enter) are for it.
 * @param {(target: Element) => boolean} isInWidget
 */
export function keepKeys(isInWidget) {
    /** @param {KeyboardEvent} event */
    const mark = ({target, ctrlKey, metaKey, altKey, shiftKey, key}) => {
        if (!(target instanceof Element) || !isInWidget(target)) return;
        const forJupyterLab = ctrlKey || metaKey || altKey || (shiftKey && key === "Enter");
        target.toggleAttribute("data-lm-suppress-shortcuts", !forJupyterLab);
    };
    window.addEventListener("keydown", mark, true);
    return () => window.removeEventListener("keydown", mark, true);
}

/**
 * Calls `rest` when the kernel ends. ipywidgets says so of a restart, JupyterLab of the other ends;
 * in Voilà, where no session stands between, it is the kernel itself that does.
 * @param {Manager | undefined} manager
 * @param {() => void} rest
 */
function watchKernel(manager, rest) {
    const session = manager?.context?.sessionContext;
    /** @type {Heard} */
    const look = (_, status) => {
        if (["restarting", "autorestarting", "terminating", "dead"].includes(String(status)))
            rest();
        else if (session && !session.session?.kernel) rest();
    };
    const signals = session
        ? [session.statusChanged, session.kernelChanged]
        : [manager?.kernel?.statusChanged].filter(signal => signal !== undefined);
    for (const signal of signals) signal.connect(look);
    return () => {
        for (const signal of signals) signal.disconnect(look);
    };
}

/**
 * Where there are no cells to run, the page is loaded again.
 * @param {Manager | undefined} manager
 */
function wayOn(manager) {
    if (manager?.context) return "Run All brings them back.";
    return element("a", {href: location.href, textContent: "Reload the page to go on."});
}

// --- frames that were seen or may be asked for

/**
 * @template {{setting: Setting}} Frame
 */
export class Frames {
    /**
     * @param {string[]} names of the sliders
     * @param {Record<string, number[]>} stops where a slider's handle can stand
     * @param {number} [most] characters to keep
     */
    constructor(names, stops, most = Infinity) {
        this.names = names;
        this.stops = stops;
        this.most = most;
        this.size = 0;
        /** @type {Map<string, {frame: Frame, at: number[], size: number}>} the oldest first */
        this.kept = new Map();
    }

    /** @param {Setting} setting */
    key(setting) {
        return this.names.map(name => setting[name]).join(" ");
    }

    /**
     * The place of every slider's stop; of one without stops, its value.
     * @param {Setting} setting
     */
    at(setting) {
        return this.names.map(name =>
            this.stops[name]?.length ? nearestStop(this.stops[name], setting[name]) : setting[name],
        );
    }

    /**
     * @param {Frame} frame
     * @param {number} [size] in characters
     */
    add(frame, size = 0) {
        const key = this.key(frame.setting);
        this.size += size - (this.kept.get(key)?.size ?? 0);
        this.kept.delete(key);
        this.kept.set(key, {frame, at: this.at(frame.setting), size});
        for (const [old, {size}] of this.kept) {
            if (this.size <= this.most) break;
            this.kept.delete(old);
            this.size -= size;
        }
    }

    clear() {
        this.kept.clear();
        this.size = 0;
    }

    /** @param {Setting} setting */
    get(setting) {
        return this.kept.get(this.key(setting))?.frame;
    }

    /**
     * First of all what was moved is to be right, then as much of the rest as can be.
     * @param {Setting} setting
     * @param {string[]} moved
     */
    nearest(setting, moved) {
        const at = this.at(setting);
        const isMoved = this.names.map(name => moved.includes(name));
        /** @type {Frame | undefined} */
        let best;
        let least = Infinity;
        for (const kept of this.kept.values()) {
            let cost = 0;
            kept.at.forEach((place, i) => {
                const off = Math.abs(place - at[i]);
                cost += isMoved[i] ? 1e6 * off : off && 1e3 + off;
            });
            if (cost < least) [best, least] = [kept.frame, cost];
        }
        return best;
    }

    /**
     * The frames that differ from this setting in no slider but these.
     * @param {Setting} setting
     * @param {string[]} moves
     */
    row(setting, moves) {
        const others = this.names.filter(name => !moves.includes(name));
        return [...this.kept.values()]
            .map(({frame}) => frame)
            .filter(frame => others.every(name => frame.setting[name] === setting[name]));
    }
}

// --- a kernel as a source

const RESTS = 150; // ms without a move, after which the kernel hears where the hand rests
const HOVERS = 80; // ms on a slider, after which it will be moved
const UNANSWERED = 8; // frames that are asked for at a time: a far kernel sends as many as a near one
const MOST = 4e6; // characters of frames that an explorer keeps, each of two bytes
const [GRID, CLOSE] = [8, 4]; // first the stops around a hand, and every eighth
const [FEW, MANY] = [20, 60]; // frames that a slider under a hand is worth, before it moves and then
const AGAIN = 120; // ms between two wishes of a hand that moves
const PATIENCE = 5000; // ms without an answer, after which that is said
const SILENT =
    "No answer yet: the kernel is busy, or there is none here. A notebook that runs answers.";
const TRAIL = 60; // visited settings that the kernel is told

/** @implements {Source} */
export class Live {
    /** @param {Model} model */
    constructor(model) {
        this.model = model;
        this.scene = model.get("scene");
        this.page = Math.random().toString(36).slice(2);
        this.said = "";
        this.gone = false;
        this.wayOn = wayOn(model.widget_manager);
        this.copy = {
            label: "Copy line",
            said: "Line copied.",
            text: () =>
                `explore_${this.scene.name}(${differences(this.scene, this.setting).join(", ")})`,
        };
        this.setting = model.get("setting");
        /** @type {Layout} */
        this.layout = "wide";
        /** @type {BlobPart | null} the narrow one */
        this.drawn = null;
        this.turned = 0; // what this page had said when it got its layout
        this.trail = model.get("trail");
        this.shown = this.fromKernel();
        const stops = this.scene.sliders.map(({name, stops}) => [name, stops]);
        this.stops = Object.fromEntries(stops);
        /** @type {Frames<Shown>} */
        this.frames = new Frames(Object.keys(this.setting), this.stops, MOST);
        this.keep(this.shown);
        this.count = 0; // of what this page has said
        this.last = 0; // of that, what was shown last
        this.told = 0; // of that, what the kernel has not heard yet; else 0
        /** @type {Set<number>} */
        this.unanswered = new Set();
        this.waiting = false; // something newer is to be asked for
        this.resting = false; // the hand is, but where is not known yet
        this.left = 0; // frames that were wished and have not come
        /** @type {Drag | null} */
        this.place = null;
        /** @type {Setting} sliders that were moved since the kernel was told */
        this.moved = {};
        /** @type {Setting[]} */
        this.visited = [];
        /** @type {string[]} */
        this.looking = [];
        this.wished = -Infinity;
        this.listen = /** @type {(change: Change) => void} */ (() => {});
        /** @type {Partial<Record<"rest" | "look" | "silence", ReturnType<typeof setTimeout>>>} */
        this.timers = {};
        this.adopting = false;
        const adopt = () => {
            if (this.adopting) return;
            this.adopting = true; // a message may change several of them
            queueMicrotask(() => {
                this.adopting = false;
                this.adopt();
            });
        };
        const still = () => this.listen("still");
        const lost = () => this.lose();
        const answer = /** @param {Answer} answer */ answer => this.hear(answer);
        /** @type {[ModelEvent, () => void][]} */
        const listeners = [
            ["change:setting", adopt],
            ["change:moving", adopt],
            ["change:places", adopt],
            ["change:readout", adopt],
            ["change:trail", adopt],
            ["change:heard", adopt],
            ["change:still", still],
            ["comm_live_update", lost],
        ];
        for (const [event, listen] of listeners) model.on(event, listen);
        model.on("msg:custom", answer);
        const stopWatching = watchKernel(model.widget_manager, lost);
        this.stop = () => {
            for (const [event, listen] of listeners) model.off(event, listen);
            model.off("msg:custom", answer);
            stopWatching();
        };
    }

    /** Whether a hand has moved something that the kernel was not told. */
    get isAhead() {
        return Object.keys(this.moved).length > 0;
    }

    get busy() {
        return this.isAhead || this.told > 0 || this.unanswered.size > 0;
    }

    get still() {
        return this.layout === "wide" ? this.model.get("still") : this.drawn;
    }

    /** @param {(change: Change) => void} listen */
    watch(listen) {
        this.listen = listen;
    }

    close() {
        for (const timer of Object.values(this.timers)) clearTimeout(timer);
        if (this.left) this.send({ahead: [], along: "", at: {}});
        this.stop();
    }

    /** @returns {Shown} */
    fromKernel() {
        const {model} = this;
        return {
            setting: model.get("setting"),
            moving: model.get("moving"),
            places: model.get("places"),
            readout: model.get("readout"),
            trail: model.get("trail"),
        };
    }

    /** @param {Shown} frame */
    keep(frame) {
        this.follows(frame.trail);
        if (frame.trail === this.trail && frame.readout.error === undefined)
            this.frames.add(frame, frame.moving.length + 600);
    }

    /** Frames that were drawn before the trail changed show an older one. */
    follows(trail = 0) {
        if (trail <= this.trail) return;
        this.trail = trail;
        this.frames.clear();
    }

    /** @param {object} message */
    send(message) {
        this.count += 1;
        if (!("ahead" in message))
            this.timers.silence ??= setTimeout(() => this.say(SILENT), PATIENCE);
        const narrow = this.layout === "narrow";
        this.model.send({page: this.page, count: this.count, narrow, ...message});
        return this.count;
    }

    // --- what a hand does

    /**
     * @param {Setting} setting
     * @param {string} name
     */
    slide(setting, name) {
        this.place = null;
        this.move(setting, [name]);
        const frame = this.frames.get(setting);
        if (frame) this.show(frame);
        else {
            this.showNearest(name);
            this.ask();
        }
        this.look([name]);
    }

    /** @param {Drag} place */
    drag(place) {
        const {moves} = this.handle(place.handle);
        const [name] = moves;
        const frame = moves.length === 1 ? this.nearestTo(place, name) : undefined;
        if (frame) {
            this.place = null;
            this.move(frame.setting, moves);
            this.show(frame);
        } else {
            this.place = place;
            this.rests();
            this.ask();
            this.listen("setting");
        }
        this.look(moves);
    }

    /** @param {string} label */
    press(label) {
        this.look([]);
        this.tell([label]);
    }

    rest() {
        clearTimeout(this.timers.rest);
        this.resting = this.place !== null; // where a handle went is not known yet
        if (!this.resting && this.isAhead) this.tell([]);
    }

    /** @param {Layout} layout */
    fit(layout) {
        if (layout === this.layout) return;
        this.layout = layout;
        this.turned = this.count;
        this.unanswered.clear();
        this.frames.clear();
        if (layout === "narrow") {
            this.shown = {...this.shown, moving: "", places: {}};
            this.unanswered.add(this.send({still: true}));
        } else this.shown = this.fromKernel();
        this.listen("still");
        this.listen("frame");
        if (layout === "wide") this.adopt();
    }

    /** @param {string[]} names */
    look(names) {
        const isNew = names.join() !== this.looking.join();
        const moving = names.some(name => name in this.moved);
        if (!isNew && !moving) return;
        if (isNew && this.left) this.left = Number(!this.send({ahead: [], along: "", at: {}}));
        this.looking = names;
        if (isNew) clearTimeout(this.timers.look);
        else if (this.timers.look !== undefined) return;
        if (names.length !== 1 || !this.stops[names[0]]?.length) return;
        const wait = moving ? this.wished + AGAIN - performance.now() : HOVERS;
        this.timers.look = setTimeout(() => {
            this.timers.look = undefined;
            this.wish();
        }, wait);
    }

    // --- what the kernel hears

    /**
     * @param {Setting} setting
     * @param {string[]} names
     */
    move(setting, names) {
        this.resting = false;
        this.rests();
        this.follow(setting, names);
    }

    /**
     * @param {Setting} setting
     * @param {string[]} names
     */
    follow(setting, names) {
        this.setting = setting;
        for (const name of names) this.moved[name] = setting[name];
        if (this.scene.trail) this.visited.push(setting);
        this.listen("setting");
    }

    rests() {
        clearTimeout(this.timers.rest);
        this.timers.rest = setTimeout(() => this.rest(), RESTS);
    }

    /** @param {string[]} press */
    tell(press) {
        clearTimeout(this.timers.rest);
        this.waiting = false;
        this.place = null;
        this.told = this.send({moved: this.moved, visited: this.visited.slice(-TRAIL), press});
        this.moved = {};
        this.visited = [];
    }

    ask() {
        this.waiting = this.unanswered.size >= UNANSWERED;
        if (this.waiting) return;
        const {place, setting} = this;
        const what = place
            ? {drag: [place.handle, place.left, place.top], at: setting}
            : {ask: setting};
        this.unanswered.add(this.send(what));
    }

    /** The stops of the slider under the hand that may come next: those around it, then a grid. */
    wish() {
        const [name] = this.looking;
        const stops = this.stops[name] ?? [];
        const here = nearestStop(stops, this.setting[name]);
        const moving = name in this.moved;
        const reach = Math.max(here, stops.length - 1 - here);
        /** @type {number[]} */
        const ahead = [];
        const seen = new Set([here]);
        /** @param {number} place */
        const add = place => {
            if (place < 0 || place >= stops.length || seen.has(place)) return;
            seen.add(place);
            if (!this.frames.get({...this.setting, [name]: stops[place]})) ahead.push(stops[place]);
        };
        for (let off = 1; off <= CLOSE; off += 1) [here - off, here + off].map(add);
        for (let step = GRID; step >= 1; step /= 2)
            for (let off = step; off <= Math.min(reach + step, step * MANY); off += step)
                [here - (here % step) - off, here - (here % step) + off].map(add);
        const wanted = ahead.slice(0, moving ? MANY : FEW);
        this.wished = performance.now();
        if (wanted.length) this.send({ahead: wanted, along: name, at: this.setting});
    }

    // --- what the kernel says

    /** @param {Answer} answer */
    hear({page, count, frames, left, still}) {
        if (page !== this.page || count <= this.turned) return;
        this.alive();
        if (still !== undefined) {
            this.drawn = bytesOf(still);
            this.listen("still");
            return;
        }
        for (const frame of frames) this.keep(frame);
        if (left !== undefined) {
            this.left = left;
            return;
        }
        this.answered(count);
        const [frame] = frames;
        if (count > this.last) {
            this.last = count;
            if (this.place) this.follow(frame.setting, this.handle(this.place.handle).moves);
            this.display(frame);
        }
        if (this.waiting) this.ask();
        if (this.unanswered.size) return;
        this.place = null;
        if (this.resting) this.rest();
        this.listen("setting"); // nothing more is on its way, though no newer frame was drawn
    }

    /**
     * Answers come in the order of the questions, so one that was lost is not waited for.
     * @param {number} count
     */
    answered(count) {
        for (const asked of this.unanswered) if (asked <= count) this.unanswered.delete(asked);
    }

    /** What counts in the kernel now: by this page, another one, or a line of Python. */
    adopt() {
        this.alive();
        const {page, count = 0} = this.model.get("heard");
        if (page === this.page) {
            this.answered(count);
            if (count >= this.told) this.told = 0;
        }
        const frame = this.fromKernel();
        if (frame.readout.error !== undefined) {
            this.unanswered.clear();
            this.waiting = false;
            this.place = null;
            this.display({...this.shown, readout: frame.readout});
            return;
        }
        if (this.layout === "wide") this.keep(frame);
        else this.follows(frame.trail);
        if (this.told) return; // an older one: this page's next comes
        this.setting = {...frame.setting, ...this.moved};
        this.listen("setting");
        const there = this.frames.get(this.setting);
        if (!there) this.ask();
        else if (!this.isAhead) this.show(there);
    }

    /** @param {string} text */
    say(text) {
        this.said = text;
        this.listen("said");
    }

    alive() {
        clearTimeout(this.timers.silence);
        this.timers.silence = undefined;
        if (this.said) this.say("");
        if (!this.gone) return;
        this.gone = false;
        this.listen("gone");
    }

    lose() {
        for (const timer of Object.values(this.timers)) clearTimeout(timer);
        this.timers = {};
        this.unanswered.clear();
        this.waiting = false;
        this.place = null;
        this.moved = {};
        this.told = this.left = 0;
        this.gone = true;
        this.listen("gone");
    }

    // --- what is shown

    /** @param {Shown} frame */
    show(frame) {
        this.last = this.count;
        this.waiting = false;
        this.display(frame);
    }

    /** @param {Shown} frame */
    display(frame) {
        this.shown = frame;
        this.listen("frame");
    }

    /**
     * On the way to a frame that is not there yet, one that is closer than what is shown.
     * @param {string} name
     */
    showNearest(name) {
        const {setting} = this;
        const off = /** @param {Shown} frame */ frame =>
            Math.abs(frame.setting[name] - setting[name]);
        let best = this.shown;
        const isBeside = /** @param {Shown} frame */ frame =>
            this.frames.names.every(n => n === name || frame.setting[n] === setting[n]);
        if (!isBeside(best)) return;
        for (const frame of this.frames.row(setting, [name]))
            if (off(frame) < off(best)) best = frame;
        if (best !== this.shown) this.display(best);
    }

    /**
     * The frame that has a handle nearest to a place, if its neighbours are there to compare.
     * @param {Drag} place
     * @param {string} name
     */
    nearestTo(place, name) {
        const handle = this.handle(place.handle);
        const stops = this.stops[name] ?? [];
        /** @type {Shown | undefined} */
        let best;
        let least = Infinity;
        const row = this.frames.row(this.setting, [name]);
        for (const frame of row) {
            const far = distance(
                this.scene.sizes[this.layout],
                handle,
                place,
                frame.places[handle.name],
            );
            if (far < least) [best, least] = [frame, far];
        }
        if (!best) return undefined;
        const at = stops.indexOf(best.setting[name]);
        const isThere = /** @param {number} place */ place =>
            place < 0 ||
            place >= stops.length ||
            this.frames.get({...this.setting, [name]: stops[place]}) !== undefined;
        return at >= 0 && isThere(at - 1) && isThere(at + 1) ? best : undefined;
    }

    /** @param {string} name */
    handle(name) {
        return /** @type {Handle} */ (this.scene.handles.find(handle => handle.name === name));
    }
}

// --- the view

const [NARROW, LOW] = [560, 480]; // CSS pixels; where a page is narrow, and a screen low

/**
 * On a low screen, and on a slide, the picture stands beside its sliders: picture.css does the rest.
 * @param {HTMLElement} room
 */
export function arrange(room) {
    const isLow = innerHeight < LOW || room.closest(".reveal") !== null;
    room.classList.toggle("kl-beside", isLow && room.clientWidth >= NARROW);
}

/**
 * Which picture there is room for, as picture.css says.
 * @param {Element} root
 * @returns {Layout}
 */
export function layoutOf(root) {
    const asked = getComputedStyle(root).getPropertyValue("--kl-picture").trim();
    return asked === "narrow" ? "narrow" : "wide";
}

/**
 * A button, for a narrow page, that shows the sliders that are folded away there.
 * @param {HTMLElement} sliders
 */
function makeFold(sliders) {
    const button = element("button", {type: "button", className: "kl-fold"});
    const show = () => {
        const isOpen = sliders.classList.contains("kl-open");
        button.textContent = isOpen ? "Fewer sliders" : "More sliders";
        button.ariaExpanded = String(isOpen);
    };
    button.addEventListener("click", () => {
        sliders.classList.toggle("kl-open");
        show();
    });
    show();
    return button;
}

/**
 * @param {Source} source
 * @param {HTMLElement} el
 */
export function draw(source, el) {
    const {scene} = source;
    const said = element("div", {className: "kl-said", ariaLive: "polite"});
    /** @param {string} text */
    const say = text => {
        queueMicrotask(() => {
            said.textContent = text;
        });
    };
    const rows = Object.fromEntries(
        scene.sliders.map(slider => {
            const {name} = slider;
            /** @param {number} value */
            const set = value => {
                said.textContent = "";
                source.slide({...source.setting, [name]: value}, name);
            };
            const made = makeRow(slider, set, say, source);
            return [name, made];
        }),
    );
    const buttons = scene.buttons.map(label => {
        const button = element("button", {type: "button", textContent: label});
        button.addEventListener("click", () => {
            said.textContent = "";
            source.press(label);
        });
        return button;
    });
    if (source.copy) buttons.push(makeCopyButton(source.copy, said));
    const still = element("img", {className: "kl-still", alt: scene.alt});
    const moving = element("div", {className: "kl-moving"});
    const lines = element("div", {className: "kl-lines"});
    const notes = element("div", {className: "kl-notes"});
    const readout = element("div", {className: "kl-readout", role: "status"}, lines, notes);
    const gone = element(
        "div",
        {className: "kl-gone", hidden: true},
        GONE,
        ...(source.wayOn ? [source.wayOn] : []),
    );
    const sliders = element(
        "div",
        {className: "kl-rows"},
        ...Object.values(rows).map(({row}) => row),
    );
    const folds = scene.sliders.some(slider => slider.folds) ? [makeFold(sliders)] : [];
    const controls = element(
        "fieldset",
        {className: "kl-controls"},
        sliders,
        element("div", {className: "kl-buttons"}, ...folds, ...buttons, said),
    );
    const picture = element("div", {className: "kl-picture"}, still, moving);
    /** @param {Drag} place */
    const drag = place => {
        said.textContent = "";
        source.drag(place);
    };
    const grips = Object.fromEntries(
        scene.handles.map(handle => [handle.name, makeHandle(handle, picture, drag, source)]),
    );
    picture.append(...Object.values(grips).map(({grip}) => grip));
    const root = element("div", {className: "kl-explorer"}, gone, controls, picture, readout);
    for (const [name, value] of Object.entries(scene.style)) root.style.setProperty(name, value);
    const room = element("div", {className: "kl-room"}, root);
    el.append(room);
    const fit = () => {
        arrange(room);
        source.fit(layoutOf(root));
    };

    let address = "";
    const showBusy = () => {
        readout.ariaBusy = String(source.busy);
    };
    const showSetting = () => {
        showBusy();
        for (const [name, {show}] of Object.entries(rows)) show(source.setting[name]);
    };
    const showStill = () => {
        dots = [];
        URL.revokeObjectURL(address);
        address = source.still ? URL.createObjectURL(new Blob([source.still])) : "";
        still.hidden = !address;
        still.src = address;
    };
    // Ids of this view alone: what another one defines is gone while JupyterLab hides that one.
    const ids = new RegExp(`(id="|#)${scene.name}-`, "g");
    const own = `$1${scene.name}-${Math.random().toString(36).slice(2)}-`;
    let before = {moving: "", words: "", trail: source.shown.trail};
    /** @type {Set<string>[]} of each panel with a trail, the dots that were shown */
    let dots = [];
    const addDots = () => {
        moving.querySelectorAll(".kl-trail").forEach((path, i) => {
            dots[i] ??= new Set();
            const now = (path.getAttribute("d") ?? "").split(/(?=M)/).slice(0, -1);
            for (const dot of now) dots[i].add(dot);
            const kept = [...dots[i]].slice(-TRAIL);
            dots[i] = new Set(kept);
            path.setAttribute("d", `${kept.join("")}M0 0`);
        });
    };
    const showFrame = () => {
        const now = source.shown;
        const words = JSON.stringify([now.readout, now.places]);
        if (now.trail !== before.trail) dots = [];
        if (now.moving !== before.moving || now.trail !== before.trail) {
            moving.innerHTML = now.moving.replace(ids, own);
            addDots();
        }
        if (words !== before.words) {
            for (const [name, place] of Object.entries(now.places)) grips[name].show(place);
            fillReadout(readout, lines, notes, now.readout);
        }
        before = {moving: now.moving, words, trail: now.trail};
        showBusy();
    };
    const showGone = () => {
        controls.disabled = source.gone;
        gone.hidden = !source.gone;
        showBusy();
    };
    const show = {
        setting: showSetting,
        frame: showFrame,
        still: showStill,
        said: () => say(source.said),
        gone: showGone,
    };
    const stopKeys = keepKeys(target => root.contains(target));
    source.watch(change => show[change]());
    showSetting();
    showStill();
    showFrame();
    const resized = new ResizeObserver(fit); // it is called once at the beginning, too
    resized.observe(room);
    addEventListener("resize", fit);
    return () => {
        resized.disconnect();
        removeEventListener("resize", fit);
        source.close();
        stopKeys();
        URL.revokeObjectURL(address);
    };
}

/**
 * @param {{model: Model, el: HTMLElement}} view
 */
function render({model, el}) {
    return draw(new Live(model), el);
}

export default {render};
