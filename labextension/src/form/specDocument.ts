import { type Document, isScalar, parseDocument, visit } from 'yaml';
import { type ISpec } from '../api';
import { isSecret } from '../specText';
import { isObject } from '../view/snapshot';

/** What is wrong with a text that is YAML, but no mapping. */
export const NOT_A_SPEC = 'not a spec';

/**
 * A spec as its author writes it: YAML, with comments and in an order of its own.
 *
 * The text is what counts; a change of one field changes only its place in the text.
 */
export class SpecDocument {
  private constructor(
    readonly text: string,
    private readonly _document: Document,
    /** Why the text is no YAML, in its parser's words, or NOT_A_SPEC; null if it is one. */
    readonly problem: string | null
  ) {}

  /** Read a text. */
  static parse(text: string): SpecDocument {
    const document = parseDocument(text, { version: '1.2' });
    const [error] = document.errors;
    if (error) {
      return new SpecDocument(text, document, error.message.split('\n')[0].replace(/:$/, ''));
    }
    return new SpecDocument(text, document, isObject(document.toJS()) ? null : NOT_A_SPEC);
  }

  /** Write a spec down. */
  static of(spec: ISpec): SpecDocument {
    const document = parseDocument('{}');
    document.contents = document.createNode(spec) as unknown as typeof document.contents;
    return SpecDocument.parse(print(document));
  }

  /** The spec that the text stands for. */
  get spec(): ISpec {
    return this.problem === null ? (this._document.toJS() as ISpec) : {};
  }

  /** The same with another value at a path; undefined and the empty text take it out. */
  with(path: readonly string[], value: unknown): SpecDocument {
    const document = this._document.clone();
    if (value === undefined || value === '') {
      document.deleteIn(path);
    } else {
      document.setIn(path, document.createNode(value));
    }
    return SpecDocument.parse(print(document));
  }

  /** The same with nothing in the places of secrets; null while the text cannot be read. */
  withoutSecrets(): SpecDocument | null {
    if (this.problem !== null) {
      return null;
    }
    const document = this._document.clone();
    let hidden = false;
    visit(document, {
      Pair: (_, pair) => {
        if (isScalar(pair.key) && isSecret(String(pair.key.value)) && isScalar(pair.value)) {
          pair.value = document.createNode('');
          hidden = true;
        }
      }
    });
    return hidden ? SpecDocument.parse(print(document)) : this;
  }
}

function print(document: Document): string {
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
