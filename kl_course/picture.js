// The front end of an explorer: sliders, buttons, picture, readout. It computes nothing.
//
// Still image, what moves over it, and readout are elements that last: only what changed is
// replaced, so that nothing flickers and a screen reader hears the readout.

// @ts-check

/**
 * A slider, as `for_the_page` of engine.py writes it.
 * @typedef {object} Slider
 * @property {string} name
 * @property {string} label
 * @property {number[]} stops where the handle can stand; empty without a handle
 * @property {[number, number]} ends the lowest and the highest value
 * @property {string[]} texts of the stops, where these are the only values
 * @property {number} digits decimals
 * @property {boolean} whole
 * @property {string} color
 */

/**
 * A place in the picture that can be dragged.
 * @typedef {object} Handle
 * @property {string} name
 * @property {string} color
 * @property {boolean} ring whether a ring shows it, as the picture does not
 * @property {string[]} [moves] the sliders that it moves; where there are frames
 */

/**
 * What a page has to know of a scene.
 * @typedef {object} Scene
 * @property {string} name begins every id in its SVG
 * @property {string} alt
 * @property {number} width of the picture, in CSS pixels
 * @property {number} height
 * @property {string[]} buttons
 * @property {number} noteLines lines kept free for notes
 * @property {number} columns sliders in a row
 * @property {Handle[]} handles
 * @property {Slider[]} sliders
 */

/** @typedef {Record<string, number>} Setting slider -> value */
/** @typedef {[left: number, top: number]} Place fractions of the picture */
/** @typedef {{handle: string, left: number, top: number}} Drag */

/**
 * Lines in rows, or why there are none.
 * @typedef {{error?: undefined, rows: [name: string, number: string][][], table: boolean, notes: string[]}} Lines
 * @typedef {Lines | {error: string}} Readout
 */

/**
 * What kernel and page say to each other.
 * @typedef {object} Traits
 * @property {Scene} scene
 * @property {Setting} setting
 * @property {Drag} [drag]
 * @property {Record<string, Place>} places handle -> its place
 * @property {BlobPart} still a PNG
 * @property {string} moving SVG
 * @property {Readout} readout
 * @property {string} said beside the buttons; by frozen.js alone, a kernel has no such words
 */

/** @typedef {`change:${keyof Traits}` | "comm_live_update"} ModelEvent */

/**
 * All that is asked of the model: of anywidget's, and of the one in frozen.js.
 * @typedef {object} Model
 * @property {<Name extends keyof Traits>(name: Name) => Traits[Name]} get
 * @property {<Name extends keyof Traits>(name: Name, value: Traits[Name]) => void} set
 * @property {() => void} save_changes
 * @property {(message: {press: string}) => void} send
 * @property {(event: ModelEvent, listen: () => void) => void} on
 * @property {(event: ModelEvent, listen: () => void) => void} off
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
 * What a person typed, as {value} or as {complaint}, or as both where the nearest one is taken.
 * @param {Slider} slider
 * @param {string} text
 * @returns {{value?: number, complaint?: string}}
 */
function read(slider, text) {
    const plain = text.trim().replace(/[−–]/g, "-").replace(",", ".");
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain))
        return {complaint: `“${text.trim()}” is not a number, so ${slider.label} stays.`};
    const value = Number(plain);
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
 * One control: its row of elements, and `show(value)`.
 * @param {Slider} slider
 * @param {(value: number) => void} set
 * @param {(text: string) => void} say
 */
function makeRow(slider, set, say) {
    const {label, stops, texts, color} = slider;
    const row = element("div", {className: "kl-row"});
    row.style.setProperty("--kl-color", color);
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
            else set(value);
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
 */
function makeHandle({name, color, ring}, picture, drag) {
    const grip = element("div", {
        className: ring ? "kl-grip kl-ring" : "kl-grip",
        ariaHidden: "true",
    });
    grip.style.setProperty("--kl-color", color);
    grip.addEventListener("pointerdown", event => {
        grip.setPointerCapture(event.pointerId);
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

/**
 * @param {{model: Model, el: HTMLElement}} view
 */
function render({model, el}) {
    const scene = model.get("scene");
    const said = element("div", {className: "kl-said", ariaLive: "polite"});
    /** @type {(name: string, value: number) => void} */
    const set = (name, value) => {
        said.textContent = "";
        model.set("setting", {...model.get("setting"), [name]: value});
        showSetting();
        model.save_changes();
    };
    /** @param {string} text */
    const say = text => {
        queueMicrotask(() => {
            said.textContent = text;
        });
    };
    const rows = Object.fromEntries(
        scene.sliders.map(slider => [
            slider.name,
            makeRow(slider, value => set(slider.name, value), say),
        ]),
    );
    const buttons = scene.buttons.map(label => {
        const button = element("button", {type: "button", textContent: label});
        button.addEventListener("click", () => {
            said.textContent = "";
            model.send({press: label});
        });
        return button;
    });
    const still = element("img", {className: "kl-still", alt: scene.alt});
    const moving = element("div", {className: "kl-moving"});
    const lines = element("div", {className: "kl-lines"});
    const notes = element("div", {className: "kl-notes"});
    const readout = element("div", {className: "kl-readout", role: "status"}, lines, notes);
    const gone = element(
        "div",
        {className: "kl-gone", hidden: true},
        GONE,
        wayOn(model.widget_manager),
    );
    const controls = element(
        "fieldset",
        {className: "kl-controls"},
        element("div", {className: "kl-rows"}, ...Object.values(rows).map(({row}) => row)),
        element("div", {className: "kl-buttons"}, ...buttons, said),
    );
    const picture = element("div", {className: "kl-picture"}, still, moving);
    /** @param {Drag} place */
    const drag = place => {
        said.textContent = "";
        model.set("drag", place);
        model.save_changes();
    };
    const grips = Object.fromEntries(
        scene.handles.map(handle => [handle.name, makeHandle(handle, picture, drag)]),
    );
    picture.append(...Object.values(grips).map(({grip}) => grip));
    picture.style.aspectRatio = `${scene.width} / ${scene.height}`;
    const root = element("div", {className: "kl-explorer"}, gone, controls, picture, readout);
    root.style.setProperty("--kl-width", `${scene.width}px`);
    root.style.setProperty("--kl-note-lines", String(scene.noteLines));
    root.style.setProperty("--kl-column", `${(0.8 * scene.width) / scene.columns}px`);
    el.append(root);

    let address = "";
    const showSetting = () => {
        const setting = model.get("setting");
        for (const [name, {show}] of Object.entries(rows)) show(setting[name]);
    };
    const showStill = () => {
        URL.revokeObjectURL(address);
        address = URL.createObjectURL(new Blob([model.get("still")], {type: "image/png"}));
        still.src = address;
    };
    // Ids of this view alone: what another one defines is gone while JupyterLab hides that one.
    const ids = new RegExp(`(id="|#)${scene.name}-`, "g");
    const own = `$1${scene.name}-${Math.random().toString(36).slice(2)}-`;
    const showMoving = () => {
        moving.innerHTML = model.get("moving").replace(ids, own);
    };
    const showPlaces = () => {
        for (const [name, place] of Object.entries(model.get("places"))) grips[name].show(place);
    };
    const showReadout = () => {
        fillReadout(readout, lines, notes, model.get("readout"));
        wake(); // the kernel answers
    };
    const rest = () => {
        controls.disabled = true;
        gone.hidden = false;
    };
    const wake = () => {
        controls.disabled = false;
        gone.hidden = true;
    };
    /** @type {[ModelEvent, () => void][]} */
    const listeners = [
        ["change:setting", showSetting],
        ["change:still", showStill],
        ["change:moving", showMoving],
        ["change:places", showPlaces],
        ["change:readout", showReadout],
        ["change:said", () => say(model.get("said"))],
        ["comm_live_update", rest],
    ];
    const stops = [
        keepKeys(target => root.contains(target)),
        watchKernel(model.widget_manager, rest),
    ];
    for (const [event, listen] of listeners) model.on(event, listen);
    showSetting();
    showStill();
    showMoving();
    showPlaces();
    showReadout();
    return () => {
        for (const [event, listen] of listeners) model.off(event, listen);
        for (const stop of stops) stop();
        URL.revokeObjectURL(address);
    };
}

export default {render};
