type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Makes an element. Text goes in as text and can be nothing else. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** Asks the style sheet for a height, which it gives on screens: paper has room. */
export function setHeight(element: HTMLElement, height: string): void {
  element.style.setProperty('--height', height);
}
