// Explorers in a page without a kernel: frames that were rendered beforehand, shown by picture.js.
//
// It computes nothing. A moved slider, a button or a dragged handle asks for a setting; the nearest
// one that has a frame is shown, and where that is not the one asked for, it is said.

import picture, {shown} from "./picture.js";

const NEAR = "800px";  // below and above the screen, where frames are fetched
const FAILED = "The frames of this explorer could not be fetched, so its picture stands still.";

// --- the file that freeze.py wrote

async function fetchText(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    const data = new Uint8Array(await answer.arrayBuffer());
    if (data[0] !== 0x1f || data[1] !== 0x8b) return new TextDecoder().decode(data);  // unpacked on the way
    const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
}

// An outline as freeze.py packs it: letters, the steps across and down from corner to corner, the rest.
function unpack(row, decimals) {
    if (row === "\\n") return "\n";
    if (row[0] !== "~") return row;
    const [letters, across, down] = row.slice(1).split(" ", 3);
    const piece = row.slice(letters.length + across.length + down.length + 4);
    const places = [across, down].map(column => {
        let at = 0;
        return column.match(/!-?\d+;|./g).map(
            step => at += step.length > 1 ? parseInt(step.slice(1)) : step.charCodeAt(0) - 80);
    });
    let count = 0;
    const next = () => (places[count % 2][count++ >> 1] / 10 ** decimals).toFixed(decimals);
    const data = letters.replace(/([A-Z])(\d*)/g, (_, letter, run) =>
        letter + ("LQC".includes(letter) ? " " : "") +
        Array.from({length: Number(run)}, next).join(" "));
    return piece.replace(' d="', ` d="${data}`);
}

function read(text) {
    const [first, ...rest] = text.split("\n");
    const head = JSON.parse(first);
    const rows = rest.slice(0, head.pieces), unpacked = [];
    const piece = i => unpacked[i] ??= unpack(rows[i], head.decimals);
    const names = Object.keys(head.stops);
    let before = [], fresh = 0;
    const frames = rest.slice(head.pieces).map(line => {
        const numbers = line.split(" "), tokens = numbers.pop();
        const [state, ...at] = numbers.map(Number);
        before = tokens.match(/\.|\+|\d+,/g).map(
            (token, i) => token === "." ? before[i] : token === "+" ? fresh++ : parseInt(token));
        const [indices, whole] = [before, {}];
        names.forEach((name, i) => { whole[name] = head.stops[name][at[i]]; });
        return {state, at, setting: whole, parts: () => {
            const [moving, readout, places] = indices.map(piece).join("").split("\n");
            return {moving, readout: JSON.parse(readout), places: JSON.parse(places)};
        }};
    });
    return {head, names, frames};
}

const files = new Map();  // an explorer may stand in a page twice

function load(address) {
    if (!files.has(address)) files.set(address, fetchText(address).then(read));
    return files.get(address);
}

// --- what picture.js takes for the kernel

class FrozenModel {
    constructor({head, names, frames}) {
        Object.assign(this, {head, names, frames, listeners: {}, said: ""});
        this.sliders = Object.fromEntries(head.scene.sliders.map(slider => [slider.name, slider]));
        this.start = this.now = frames[0];
        this.still = Uint8Array.from(atob(head.still), letter => letter.charCodeAt(0));
        this.wanted = {};
        this.show(this.start);
    }

    get(name) {
        return {...this.parts, setting: this.setting, scene: this.head.scene, still: this.still,
            said: this.said}[name];
    }

    set(name, value) {
        this.wanted[name] = value;
        if (name === "setting") this.setting = value;
    }

    save_changes() {
        const {setting, drag} = this.wanted;
        this.wanted = {};
        if (setting) this.slide(setting);
        if (drag) this.drag(drag);
    }

    on(event, listen) { (this.listeners[event] ??= new Set()).add(listen); }

    off(event, listen) { this.listeners[event]?.delete(listen); }

    send({press}) { this.press(this.head.buttons[press], press); }

    // --- what a person does

    slide(setting) {
        const moved = this.names.filter(name => setting[name] !== this.now.setting[name]);
        this.go(setting, moved, this.head.back[this.now.state]);
        const [name] = moved;
        if (moved.length !== 1 || this.setting[name] === setting[name]) return;
        const slider = this.sliders[name], text = shown(slider, this.setting[name]);
        this.say(`${slider.label} stands at ${text}, the nearest that there is a picture of.`);
    }

    press(button, label) {
        const {setting, state} = this.now, back = this.head.back[state];
        if (button.reset) this.show(this.start);
        else if (button.set) this.go({...setting, ...button.set}, Object.keys(button.set), back);
        else if (button.swap) this.swap(button.swap, back);
        else if (button.next) {
            const {[button.next]: seeds} = this.head.stops;
            const next = (seeds.indexOf(setting[button.next]) + 1) % seeds.length;
            this.go({...setting, [button.next]: seeds[next]}, [button.next], back);
        } else if (button.go[state] === null) {
            this.say(`“${label}” once more is for the live version. Here a moved slider begins anew.`);
        } else this.go(setting, this.names, button.go[state]);
    }

    swap(pairs, state) {
        const wanted = {...this.now.setting};
        for (const [one, other] of pairs)
            [wanted[one], wanted[other]] = [wanted[other], wanted[one]];
        const frame = this.nearest(wanted, this.names, state);
        if (this.names.every(name => frame.setting[name] === wanted[name])) this.show(frame);
        else this.say("There is no picture of this pair the other way round. The live version has it.");
    }

    // Among the frames that differ by what the handle moves: the one that has it nearest.
    drag({handle, left, top}) {
        const {moves} = this.head.scene.handles.find(({name}) => name === handle);
        const {width, height} = this.head.scene, state = this.head.back[this.now.state];
        const row = this.row(moves, state);
        let [best, least] = [this.now, Infinity];
        for (const frame of row) {
            frame.places ??= frame.parts().places;
            const [x, y] = frame.places[handle];
            const far = ((x - left) * width) ** 2 + ((y - top) * height) ** 2 +
                1e-6 * this.apart(frame.at, this.now.at);
            if (far < least) [best, least] = [frame, far];
        }
        this.show(best, moves);
    }

    // --- which frame

    go(setting, moved, state) { this.show(this.nearest(setting, moved, state), moved); }

    // First of all what was moved is to be right, then as much of the rest as can be.
    nearest(setting, moved, state) {
        const at = this.names.map(name => this.place(name, setting[name]));
        const isMoved = this.names.map(name => moved.includes(name));
        let best, least = Infinity;
        for (const frame of this.frames) {
            if (frame.state !== state) continue;
            let cost = 0;
            frame.at.forEach((place, i) => {
                const off = Math.abs(place - at[i]);
                cost += isMoved[i] ? 1e6 * off : off && 1e3 + off;
            });
            if (cost < least) [best, least] = [frame, cost];
        }
        return best;
    }

    // The frames that differ in no slider but these; where there are none, those of the nearest base.
    row(moves, state) {
        const kept = this.names.map((name, i) => moves.includes(name) ? -1 : i).filter(i => i >= 0);
        const rows = new Map();
        for (const frame of this.frames) {
            if (frame.state !== state) continue;
            const key = kept.map(i => frame.at[i]).join(" ");
            if (!rows.has(key)) rows.set(key, []);
            rows.get(key).push(frame);
        }
        let best = [], least = Infinity;
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

    place(name, value) {
        const stops = this.head.stops[name];
        let best = 0;
        stops.forEach((stop, i) => {
            if (Math.abs(stop - value) < Math.abs(stops[best] - value)) best = i;
        });
        return best;
    }

    apart(at, other) { return at.reduce((sum, place, i) => sum + Math.abs(place - other[i]), 0); }

    // --- the answer

    show(frame, moved = this.names) {
        const others = this.names.filter(
            name => !moved.includes(name) && frame.setting[name] !== this.now.setting[name]);
        this.now = frame;
        this.setting = {...frame.setting};
        this.parts = frame.parts();
        for (const name of ["setting", "moving", "places", "readout"]) this.tell(name);
        if (others.length) this.say(`One slider at a time here: ${this.words(others)}.`);
    }

    words(names) {
        const texts = names.map(name => {
            const {label} = this.sliders[name];
            return `${label} to ${shown(this.sliders[name], this.setting[name])}`;
        });
        return texts.length > 3 ? "the others went back" : `${texts.join(", ")} went back`;
    }

    say(text) {
        this.said = text;
        this.tell("said");
    }

    tell(name) { this.listeners[`change:${name}`]?.forEach(listen => listen()); }
}

// --- the page

function about({scene, pair, missing, trail}, live) {
    const rest = scene.sliders.length > pair.length ? ", the other sliders one at a time" : "";
    const words = [`${pair.join(" and ")} slide together here${rest}.`];
    if (missing.length) words.push(`${missing.join(", ")}: in the live version only.`);
    if (trail) words.push("The dots of what you visited are in the live version.");
    const line = Object.assign(document.createElement("p"), {className: "kl-about"});
    line.append(words.join(" "), " ");
    if (live) {
        const link = Object.assign(document.createElement("a"), {href: live});
        link.textContent = "The live version has every setting.";
        line.append(link);
    } else line.append("The live version, in the notebook, has every setting.");
    return line;
}

async function wake(box) {
    const el = document.createElement("div");
    el.className = "kl-live";
    try {
        const file = await load(box.dataset.src);
        picture.render({model: new FrozenModel(file), el});
        el.append(about(file.head, box.dataset.live));
        box.querySelector("img").classList.add("kl-replaced");
    } catch (problem) {
        console.warn(problem);
        el.replaceChildren(Object.assign(document.createElement("p"), {textContent: FAILED}));
        el.setAttribute("role", "status");
        files.delete(box.dataset.src);
    }
    box.append(el);
}

const near = new IntersectionObserver(seen => {
    for (const {target, isIntersecting} of seen) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        wake(target);
    }
}, {rootMargin: `${NEAR} 0px`});

for (const box of document.querySelectorAll(".kl-frozen")) near.observe(box);
