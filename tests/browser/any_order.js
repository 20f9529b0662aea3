// A hand at random before a kernel at random, on a clock of its own: what is left when both rest?

import {Live} from "./picture.js";

const STOPS = Array.from({length: 41}, (_, i) => i);
const START = {a: 20, b: 20};
const MOVES = {h: ["a"], g: ["b"], k: ["a", "b"]};
const SCENE = {
    name: "x",
    trail: false,
    sizes: {wide: [800, 400], narrow: [400, 400]},
    sliders: Object.entries(START).map(([name, start]) => ({name, start, stops: STOPS})),
    handles: Object.entries(MOVES).map(([name, moves]) => ({name, moves, ways: [0, 1]})),
};

const frameOf = ({a, b}) => ({
    setting: {a, b},
    moving: `${a} ${b}`,
    places: {h: [a / 40, 0], g: [b / 40, 0], k: [a / 40, b / 40]},
    readout: {rows: [], notes: []},
    trail: 0,
});

/** Numbers from 0 to 1 (Numerical Recipes' generator: the test needs the same ones again). */
function numbers(seed) {
    return () => {
        seed = (seed * 1664525 + 1013904223) % 4294967296;
        return seed / 4294967296;
    };
}

const stopAt = fraction => Math.min(40, Math.max(0, Math.round(fraction * 40)));

/** A clock on which nothing waits: `until` runs what is due, in the order of its time. */
class Clock {
    now = 0;
    due = [];
    count = 0;

    set = (call, ms = 0) => {
        this.due.push({time: this.now + Math.max(0, ms), call, id: ++this.count});
        return this.count;
    };

    clear = id => {
        this.due = this.due.filter(each => each.id !== id);
    };

    async until(end) {
        for (;;) {
            this.due.sort((one, other) => one.time - other.time || one.id - other.id);
            if (!this.due.length || this.due[0].time > end) break;
            const {time, call} = this.due.shift();
            this.now = time;
            call();
            for (let i = 0; i < 5; i += 1) await null; // what ipywidgets and the page put off
        }
        this.now = end;
    }
}

/** A kernel far away: answers keep their order, traits come a moment later, some answers never. */
class Kernel {
    constructor(clock, random, lost) {
        [this.clock, this.random, this.lost] = [clock, random, lost];
        this.setting = {...START};
        this.traits = {scene: SCENE, heard: {}, still: "", ...frameOf(START)};
        this.listeners = {};
        this.delay = random() < 0.5 ? 0 : 100 * random();
        this.arrival = {there: 0, here: 0};
        this.wish = 0;
        this.model = {
            widget_manager: {context: {}},
            get: name => this.traits[name],
            on: (event, listen) => (this.listeners[event] ??= []).push(listen),
            off: () => {},
            send: message => {
                const copy = JSON.parse(JSON.stringify(message));
                this.travel("there", () => this.hear(copy));
            },
        };
    }

    travel(where, call) {
        const {clock, arrival} = this;
        arrival[where] = Math.max(arrival[where], clock.now + this.delay + 20 * this.random());
        clock.set(call, arrival[where] - clock.now);
    }

    emit(event, ...content) {
        for (const listen of this.listeners[event] ?? []) listen(...content);
    }

    answer(message) {
        this.travel("here", () => this.emit("msg:custom", message));
    }

    say(traits) {
        this.travel("here", async () => {
            await null;
            const changed = Object.keys(traits).filter(
                name => JSON.stringify(this.traits[name]) !== JSON.stringify(traits[name]),
            );
            Object.assign(this.traits, traits);
            for (const name of changed) this.emit(`change:${name}`);
        });
    }

    hear(message) {
        const {page, count, ahead, along, at, moved, press, drag, ask} = message;
        if (ahead) {
            const wish = ++this.wish;
            const draw = () => {
                if (wish !== this.wish || !ahead.length) return;
                const frames = ahead.splice(0, 3).map(stop => frameOf({...at, [along]: stop}));
                this.answer({page, count, frames, left: ahead.length});
                this.clock.set(draw, 20);
            };
            this.clock.set(draw);
        } else if (moved) {
            this.wish += 1;
            Object.assign(this.setting, moved, press.length ? START : {});
            this.say({heard: {page, count}, ...frameOf(this.setting)});
        } else if (this.random() >= this.lost) {
            let setting = ask;
            if (drag) {
                const [handle, left, top] = drag;
                const places = {a: left, b: handle === "g" ? left : top};
                const dragged = MOVES[handle].map(name => [name, stopAt(places[name])]);
                setting = {...at, ...Object.fromEntries(dragged)};
            }
            this.answer({page, count, frames: [frameOf(setting)]});
        }
    }
}

/** What is wrong after a random hand of 60 moves, or nothing. */
async function walk(seed, clock, lost) {
    const random = numbers(seed);
    const oneOf = all => all[Math.floor(random() * all.length)];
    const kernel = new Kernel(clock, random, lost);
    const live = new Live(kernel.model);
    let saysBusy = false; // as the readout does, which looks only when it is told
    live.watch(() => {
        saysBusy = live.busy;
    });
    const rests = async () => {
        await clock.until(clock.now + 3000);
        if (lost) {
            // One more step of the hand mends it, once the way is good again.
            kernel.lost = 0;
            live.slide({...live.setting, a: 20 - (live.setting.a === 20)}, "a");
            live.rest();
            await clock.until(clock.now + 3000);
        }
        const [there, set, shown] = [kernel.setting, live.setting, live.shown.setting].map(
            ({a, b}) => `${a} ${b}`,
        );
        const isRight = !live.busy && !saysBusy && there === set && set === shown;
        kernel.lost = lost;
        return isRight ? [] : [{seed, busy: live.busy, saysBusy, there, set, shown}];
    };
    for (let move = 0; move < 60; move += 1) {
        await clock.until(clock.now + 80 * random());
        const kind = random();
        if (kind < 0.5) {
            const handle = oneOf(Object.keys(MOVES));
            live.look(MOVES[handle]);
            let [left, top] = [random(), random()];
            for (let i = 9 * random(); i > 0; i -= 1) {
                left += 0.05 * (random() - 0.5);
                top += 0.05 * (random() - 0.5);
                live.drag({handle, left, top});
                await clock.until(clock.now + 40 * random());
            }
            if (random() < 0.9) live.rest();
        } else if (kind < 0.8) {
            const name = oneOf(["a", "b"]);
            live.slide({...live.setting, [name]: oneOf(STOPS)}, name);
            if (random() < 0.5) live.rest();
        } else if (kind < 0.85) live.press("Reset");
        else live.look(oneOf([["a"], []]));
        if (random() < 0.2) {
            const wrong = await rests();
            if (wrong.length) return wrong;
        }
    }
    return rests();
}

/** What is wrong after walks from these seeds; `lost` is the share of answers that never come. */
export async function walks(seeds, lost) {
    const own = {setTimeout, clearTimeout, now: performance.now};
    const wrong = [];
    try {
        for (let seed = 0; seed < seeds; seed += 1) {
            const clock = new Clock();
            globalThis.setTimeout = clock.set;
            globalThis.clearTimeout = clock.clear;
            performance.now = () => clock.now;
            wrong.push(...(await walk(seed, clock, lost)));
        }
    } finally {
        Object.assign(globalThis, {setTimeout: own.setTimeout, clearTimeout: own.clearTimeout});
        performance.now = own.now;
    }
    return wrong;
}
