// Predictions in a page: choose, commit, then reveal, in the words of kl_course.checks. What was
// answered stays in this browser. What a cell between question and answer says is closed until one
// has committed. Without this script a question can be read, and its answer opened.

// @ts-check

import {element} from "./picture.js";

/**
 * @typedef {string | number} Answer
 * @typedef {{committed?: Answer, revealed?: boolean}} Answered
 * @typedef {{value?: Answer, complaint?: string}} Typed
 * @typedef {(string | Node)[]} Words
 */

/**
 * Where a prediction is typed or chosen.
 * @typedef {object} Field
 * @property {HTMLElement} node
 * @property {() => Typed} read
 * @property {(value: Answer) => string} show
 * @property {(value?: Answer) => void} set
 * @property {(value?: Answer) => boolean} valid
 * @property {(yes: boolean) => void} disable
 * @property {() => void} focus
 * @property {(value: Answer, answer: string) => boolean} agrees
 */

// --- numbers, as people type them and as Python shows them

/**
 * {value}, or {complaint}, or neither for an empty text: `read_number` of kl_course.checks.
 * @param {string} text
 * @param {string} unit
 * @returns {{value?: number, complaint?: string}}
 */
export function readNumber(text, unit = "") {
    const typed = text.trim().split(/\s+/).join(" ");
    const name = [...typed.replaceAll("`", "'")];
    const short = name.length > 30 ? [...name.slice(0, 29), "…"] : name;
    const shown = `\`${short.join("")}\``;
    if (/^[-−]?[1-9]\d{0,2}(,\d{3})+$/.test(typed)) {
        const whole = typed.replaceAll(",", "");
        const point = typed.split(",").length === 2 ? ` or ${typed.replace(",", ".")}` : "";
        return {complaint: `${shown}: type ${whole}${point}, for a comma may mean either.`};
    }
    const plain = typed.replaceAll("−", "-").replaceAll(",", ".").replaceAll("∞", "inf");
    if (!plain) return {};
    let value = fraction(plain);
    const parts = Number.isNaN(value) && /^(.*[\d.)]) ?([a-zA-Z][a-zA-Z ]*)$/.exec(plain);
    if (parts && unit) {
        if (!unit.toLowerCase().startsWith(parts[2].toLowerCase()))
            return {complaint: `${shown} has another unit: type the number alone, in ${unit}.`};
        value = fraction(parts[1]);
    }
    if (Number.isNaN(value))
        return {complaint: `${shown} is no number: type one such as 0.5, −2 or 1/2.`};
    if (!Number.isFinite(value) && !plain.toLowerCase().includes("inf"))
        return {
            complaint:
                `${shown} is more than the largest number here, 1.8e308: type ∞ if you ` +
                "mean infinity.",
        };
    return {value};
}

/** @param {string} text */
function fraction(text) {
    const [top, ...bottoms] = text.split("/");
    const bottom = bottoms.length ? factor(bottoms.join("/")) : 1;
    return bottom === 0 ? NaN : factor(top) / bottom;
}

/** @param {string} text */
function factor(text) {
    const root = /^([-+]?)(?:√|sqrt) ?(?:\((.*)\)|([^()]*))$/.exec(text.trim());
    if (!root) return parse(text);
    return (root[1] === "-" ? -1 : 1) * Math.sqrt(parse(root[2] || root[3] || ""));
}

/** @param {string} text */
function parse(text) {
    const plain = text.trim();
    const infinite = /^([+-]?)inf(inity)?$/i.exec(plain);
    if (infinite) return infinite[1] === "-" ? -Infinity : Infinity;
    return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
}

/**
 * Python's f"{value:.4g}".
 * @param {number} value
 */
export function show(value) {
    if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
    const [digits, exponent] = value.toExponential(3).split("e");
    const power = Number(exponent);
    /** @param {string} text */
    const trim = text => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
    if (power >= -4 && power < 4) return trim(value.toFixed(3 - power));
    return `${trim(digits)}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

/**
 * Python's math.isclose.
 * @param {number} number
 * @param {number} answer
 * @param {number} tolerance relative
 */
export function agrees(number, answer, tolerance) {
    if (number === answer) return true;
    if (!Number.isFinite(number) || !Number.isFinite(answer)) return false;
    const room = tolerance * Math.max(Math.abs(number), Math.abs(answer));
    return Math.abs(number - answer) <= Math.max(room, 1e-12);
}

// --- what was answered, kept where the browser lets us

/**
 * @param {string} key
 * @returns {Answered}
 */
function recall(key) {
    try {
        return JSON.parse(localStorage.getItem(key) ?? "{}") ?? {};
    } catch {
        return {};
    }
}

/**
 * @param {string} key
 * @param {Answered} answered
 */
function keep(key, answered) {
    try {
        localStorage.setItem(key, JSON.stringify(answered));
    } catch {
        // A browser that keeps nothing still takes answers.
    }
}

// --- the fields

/**
 * @param {HTMLElement} question
 * @param {() => void} changed
 * @returns {Field}
 */
function makeChoice(question, changed) {
    const options = [...question.querySelectorAll("li")].map(item => item.textContent);
    const inputs = options.map(value => {
        const input = element("input", {type: "radio", name: question.id, value});
        input.addEventListener("change", changed);
        return input;
    });
    const labels = inputs.map((input, i) => element("label", {}, input, options[i]));
    const legend = element("legend", {textContent: "Your prediction"});
    const node = element("fieldset", {className: "kl-options"}, legend, ...labels);
    return {
        node,
        read: () => ({value: inputs.find(input => input.checked)?.value}),
        show: String,
        set: value => {
            for (const input of inputs) input.checked = input.value === value;
        },
        valid: value => options.includes(String(value)),
        disable: yes => {
            node.disabled = yes;
        },
        focus: () => (inputs.find(input => input.checked) ?? inputs[0]).focus(),
        agrees: (value, answer) => value === answer,
    };
}

/**
 * @param {HTMLElement} question
 * @param {() => void} changed
 * @returns {Field}
 */
function makeNumber(question, changed) {
    const {unit = "", tolerance} = question.dataset;
    const input = element("input", {type: "text", placeholder: "a number, such as 0.5"});
    input.autocomplete = "off";
    input.addEventListener("input", changed);
    const named = `Your prediction${unit ? `, in ${unit}` : ""}`;
    const node = element("label", {className: "kl-number-field"}, named, input);
    return {
        node,
        read: () => readNumber(input.value, unit),
        show: value => `${show(Number(value))} ${unit}`.trim(),
        set: value => {
            input.value = value === undefined ? "" : show(Number(value));
        },
        valid: value => typeof value === "number",
        disable: yes => {
            input.disabled = yes;
        },
        focus: () => input.focus(),
        agrees: (value, answer) =>
            agrees(Number(value), Number.parseFloat(answer), Number(tolerance)),
    };
}

// --- a question and its answer

/**
 * @param {string} text
 * @param {() => void} press
 */
function button(text, press) {
    const node = element("button", {type: "button", textContent: text});
    node.addEventListener("click", press);
    return node;
}

function box() {
    const node = element("div", {className: "kl-box"});
    node.setAttribute("role", "status");
    return node;
}

/**
 * `code` in backquotes.
 * @param {string} text
 */
function withCode(text) {
    return text
        .split("`")
        .map((piece, i) => (i % 2 ? element("code", {textContent: piece}) : piece));
}

/**
 * @param {string} words
 * @returns {Words}
 */
const predicted = words => ["You predicted: ", element("b", {textContent: words}), "."];
/** @param {Words} words */
const copied = words => words.map(word => (typeof word === "string" ? word : word.cloneNode(true)));
/** @param {Answer} [value] */
const numbers = value => (value === "Infinity" || value === "-Infinity" ? Number(value) : value);

/**
 * @param {HTMLElement} question
 * @param {HTMLElement} reveal
 */
function startQuestion(question, reveal) {
    const key = `kl-course/${question.dataset.page}/${question.id}`;
    const field = ("unit" in question.dataset ? makeNumber : makeChoice)(question, () => update());
    const note = box();
    const commit = button("Commit", () => {
        answer({committed: field.read().value, revealed: false});
        change.focus();
    });
    const change = button("Change my mind", () => {
        answer({});
        field.focus();
    });
    const open = button("Reveal", () => {
        answer({...answered, revealed: true});
        said.focus();
    });
    commit.className = open.className = "kl-primary";
    const said = box();
    said.tabIndex = -1;
    /** @type {NodeListOf<HTMLElement>} */
    const folded = document.querySelectorAll(`.kl-folded[data-until="${question.id}"]`);
    const summaries = [...folded].map(node => node.querySelector("summary")?.textContent ?? "");
    const because = [...reveal.childNodes].filter(node => node.nodeName !== "SUMMARY");

    let answered = recall(key);
    answered.committed = numbers(answered.committed);
    if (!field.valid(answered.committed)) answered = {};
    field.set(answered.committed);

    /** @param {Answered} now */
    function answer(now) {
        answered = now;
        const {committed} = now;
        const plain = Number.isFinite(committed) ? committed : String(committed); // JSON has no ∞
        keep(key, committed === undefined ? {} : {...now, committed: plain});
        update();
        fold();
    }

    /** Nobody has to commit: what was opened by hand stays open while one chooses. */
    function fold() {
        const done = answered.committed !== undefined;
        folded.forEach((node, i) => {
            node.toggleAttribute("open", done);
            const words = done ? node.dataset.open : summaries[i];
            node.querySelector("summary")?.replaceChildren(words ?? "");
        });
    }

    function update() {
        const {committed, revealed} = answered;
        const done = committed !== undefined;
        const {value, complaint} = field.read();
        field.disable(done);
        commit.disabled = done || value === undefined;
        change.hidden = !done || Boolean(revealed);
        open.hidden = change.hidden;
        const words = done ? predicted(field.show(committed)) : [];
        note.replaceChildren(
            ...(done ? [...words, revealed ? "" : " Now explore."] : withCode(complaint ?? "")),
        );
        said.className = "kl-box";
        if (!done) said.replaceChildren("Commit to a prediction first, further up.");
        else if (!revealed) said.replaceChildren(...copied(words));
        else tell(words, field.agrees(committed, reveal.dataset.answer ?? ""));
    }

    /**
     * @param {Words} words
     * @param {boolean} right
     */
    function tell(words, right) {
        const verdict = element("b", {textContent: right ? "✓ Right." : "✗ Not this time."});
        said.classList.add(right ? "kl-right" : "kl-wrong");
        said.replaceChildren(element("p", {}, verdict, " ", ...copied(words)), ...because);
    }

    question.replaceChildren(
        field.node,
        element("div", {className: "kl-buttons"}, commit, change),
        note,
    );
    const place = element("div", {className: "kl-reveal"}, said, open);
    reveal.before(place);
    reveal.hidden = true;
    update();
    fold();
}

export function startQuestions(root = document) {
    /** @type {NodeListOf<HTMLElement>} */
    const reveals = root.querySelectorAll("details.kl-reveal");
    for (const reveal of reveals) {
        /** @type {HTMLElement | null} */
        const question = root.querySelector(`[id="${reveal.dataset.question}"]`);
        if (question) startQuestion(question, reveal);
    }
}
