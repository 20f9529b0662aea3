// Predictions in a page: choose, commit, then reveal, in the words of kl_course.checks. What was
// answered stays in this browser. Without this script a question can be read, and its answer opened.

function element(tag, properties = {}, ...children) {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
}

// --- numbers, as people type them and as Python shows them

// {value}, or {complaint}, or neither for an empty text.
export function readNumber(text) {
    const plain = text.trim().replaceAll("−", "-").replaceAll(",", ".").replaceAll("∞", "inf");
    if (!plain) return {};
    const name = [...text.trim().replaceAll("`", "'").split(/\s+/).join(" ")];
    const shown = `\`${name.length > 30 ? name.slice(0, 29).join("") + "…" : name.join("")}\``;
    const [top, ...bottoms] = plain.split("/");
    const bottom = bottoms.length ? parse(bottoms.join("/")) : 1;
    const value = bottom === 0 ? NaN : parse(top) / bottom;
    if (Number.isNaN(value))
        return {complaint: `${shown} is no number: type one such as 0.5, −2 or 1/2.`};
    if (!Number.isFinite(value) && !plain.toLowerCase().includes("inf"))
        return {complaint: `${shown} is more than the largest number here, 1.8e308: type ∞ if you ` +
            "mean infinity."};
    return {value};
}

function parse(text) {
    const plain = text.trim();
    const infinite = /^([+-]?)inf(inity)?$/i.exec(plain);
    if (infinite) return infinite[1] === "-" ? -Infinity : Infinity;
    return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
}

// Python's f"{value:.4g}".
export function show(value) {
    if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
    const [digits, exponent] = value.toExponential(3).split("e");
    const power = Number(exponent);
    const trim = text => text.includes(".") ? text.replace(/\.?0+$/, "") : text;
    if (power >= -4 && power < 4) return trim(value.toFixed(3 - power));
    return `${trim(digits)}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

// Python's math.isclose.
export function agrees(number, answer, tolerance) {
    if (number === answer) return true;
    if (!Number.isFinite(number) || !Number.isFinite(answer)) return false;
    const room = tolerance * Math.max(Math.abs(number), Math.abs(answer));
    return Math.abs(number - answer) <= Math.max(room, 1e-12);
}

// --- what was answered, kept where the browser lets us

function recall(key) {
    try {
        return JSON.parse(localStorage.getItem(key)) ?? {};
    } catch {
        return {};
    }
}

function keep(key, answered) {
    try {
        localStorage.setItem(key, JSON.stringify(answered));
    } catch {
        // A browser that keeps nothing still takes answers.
    }
}

// --- the fields

// A field is {node, read, show, set, disable, focus}; `read` returns {value} or {complaint}.
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
        show: value => value,
        set: value => { for (const input of inputs) input.checked = input.value === value; },
        valid: value => options.includes(value),
        disable: yes => { node.disabled = yes; },
        focus: () => (inputs.find(input => input.checked) ?? inputs[0]).focus(),
        agrees: (value, answer) => value === answer,
    };
}

function makeNumber(question, changed) {
    const {unit, tolerance} = question.dataset;
    const input = element("input", {type: "text", placeholder: "a number, such as 0.5"});
    input.autocomplete = "off";
    input.addEventListener("input", changed);
    const named = `Your prediction${unit ? `, in ${unit}` : ""}`;
    const node = element("label", {className: "kl-number-field"}, named, input);
    return {
        node,
        read: () => readNumber(input.value),
        show: value => `${show(value)} ${unit}`.trim(),
        set: value => { input.value = value === undefined ? "" : show(value); },
        valid: value => typeof value === "number",
        disable: yes => { input.disabled = yes; },
        focus: () => input.focus(),
        agrees: (value, answer) => agrees(value, Number.parseFloat(answer), Number(tolerance)),
    };
}

// --- a question and its answer

function button(text, press) {
    const node = element("button", {type: "button", textContent: text});
    node.addEventListener("click", press);
    return node;
}

function box(...children) {
    const node = element("div", {className: "kl-box"});
    node.setAttribute("role", "status");
    node.append(...children);
    return node;
}

// `code` in backquotes.
function withCode(text) {
    return text.split("`").map((piece, i) => i % 2 ? element("code", {textContent: piece}) : piece);
}

const predicted = words => ["You predicted: ", element("b", {textContent: words}), "."];
const numbers = value => value === "Infinity" || value === "-Infinity" ? Number(value) : value;

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
    const because = [...reveal.childNodes].filter(node => node.nodeName !== "SUMMARY");

    let answered = recall(key);
    answered.committed = numbers(answered.committed);
    if (!field.valid(answered.committed)) answered = {};
    field.set(answered.committed);

    function answer(now) {
        answered = now;
        const {committed} = now;
        const plain = Number.isFinite(committed) ? committed : String(committed);
        keep(key, committed === undefined ? {} : {...now, committed: plain});
        update();
    }

    function update() {
        const {committed, revealed} = answered;
        const done = committed !== undefined;
        const {value, complaint} = field.read();
        field.disable(done);
        commit.disabled = done || value === undefined;
        change.hidden = !done || revealed;
        open.hidden = change.hidden;
        const words = done && predicted(field.show(committed));
        note.replaceChildren(...(done ? [...words, revealed ? "" : " Now explore."] : withCode(complaint ?? "")));
        said.className = "kl-box";
        if (!done) said.replaceChildren("Commit to a prediction first, further up.");
        else if (!revealed) said.replaceChildren(...words.map(one => one.cloneNode?.(true) ?? one));
        else tell(words);
    }

    function tell(words) {
        const right = field.agrees(answered.committed, reveal.dataset.answer);
        const verdict = element("b", {textContent: right ? "✓ Right." : "✗ Not this time."});
        said.classList.add(right ? "kl-right" : "kl-wrong");
        const copies = words.map(one => one.cloneNode?.(true) ?? one);
        said.replaceChildren(element("p", {}, verdict, " ", ...copies), ...because);
    }

    question.replaceChildren(field.node, element("div", {className: "kl-buttons"}, commit, change), note);
    const place = element("div", {className: "kl-reveal"}, said, open);
    reveal.before(place);
    reveal.hidden = true;
    update();
}

export function startQuestions(root = document) {
    for (const reveal of root.querySelectorAll("details.kl-reveal")) {
        const question = root.querySelector(`[id="${reveal.dataset.question}"]`);
        if (question) startQuestion(question, reveal);
    }
}
