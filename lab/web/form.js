// SPDX-License-Identifier: MIT
/**
 * form - the settings of a run: what is allowed stands under each field, and what is wrong with it, too.
 *
 * A field is an element of the class field that holds a control (or several of one name) and has data-field, the name
 * that the server's messages use.
 */
import { make, say } from './element.js';

export class Form {
  #form;
  /** @type {Map<string, {controls: HTMLInputElement[], hint: HTMLElement, problem: HTMLElement}>} */
  #fields = new Map();
  #problem;

  /** @param {HTMLFormElement} form @param {HTMLElement} problem where messages stand that belong to no field */
  constructor(form, problem) {
    this.#form = form;
    this.#problem = problem;
    for (const field of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll('[data-field]'))) {
      this.#addField(field, field.dataset.field ?? '');
    }
  }

  /** @param {HTMLElement} field @param {string} name */
  #addField(field, name) {
    const controls = /** @type {HTMLInputElement[]} */ ([...field.querySelectorAll('input, select')]);
    const hint = make('p', { class: 'hint', id: `${this.#form.id}-${name}-hint` });
    const problem = make('p', { class: 'problem', id: `${this.#form.id}-${name}-problem`, hidden: true });
    field.append(hint, problem);
    const described = field instanceof HTMLFieldSetElement ? [field] : controls;
    for (const element of described) {
      element.setAttribute('aria-describedby', `${hint.id} ${problem.id}`);
    }
    for (const control of controls) {
      control.addEventListener('input', () => this.#setProblem(name, ''));
    }
    this.#fields.set(name, { controls, hint, problem });
  }

  /** @param {string} name @param {string} text */
  setHint(name, text) {
    const field = this.#fields.get(name);
    if (field) {
      field.hint.textContent = text;
    }
  }

  /** The text of a field. @param {string} name */
  text(name) {
    return this.#fields.get(name)?.controls[0].value.trim() ?? '';
  }

  /** The values of those boxes of a field that are checked. @param {string} name */
  checked(name) {
    return (this.#fields.get(name)?.controls ?? []).filter((box) => box.checked).map((box) => box.value);
  }

  /** Shows what is wrong, and where; the cursor goes there.
   * @param {{field?: string, detail: string}[]} problems none: all is well */
  showProblems(problems) {
    for (const name of this.#fields.keys()) {
      this.#setProblem(name, '');
    }
    say(this.#problem, '');
    for (const { field, detail } of problems) {
      if (field === undefined || !this.#setProblem(field, detail)) {
        say(this.#problem, detail);
      }
    }
    /** @type {HTMLElement | null} */ (this.#form.querySelector('[aria-invalid=true]'))?.focus();
  }

  /** @param {string} name @param {string} text @returns whether there is such a field */
  #setProblem(name, text) {
    const field = this.#fields.get(name);
    if (!field) {
      return false;
    }
    say(field.problem, text);
    for (const control of field.controls) {
      control.setAttribute('aria-invalid', String(text !== ''));
    }
    return true;
  }
}
