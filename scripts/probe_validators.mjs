// Recovers JSON schemas from the compiled validators of an npm package by asking them: every validator is called with
// probe values, and what it touches and refuses is its schema. Nothing is read from the validators' text.
//
// The validators know nothing of a field called `description` or `x-kubernetes-…`; the names and plain types of those
// come from the package's type declarations, read by TypeScript's own parser.
//
// Usage: node --experimental-vm-modules probe_validators.mjs FOLDER_OF_PACKAGE FOLDER_OF_TYPESCRIPT   (JSON on stdout)
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import vm from "node:vm";

const SAMPLES = { null: null, boolean: true, integer: 1, number: 1.5, string: "x", array: [], object: {} };
const ANY_KEY = "anykey"; // a key that no schema names
const PLAIN = new Set(["type", "enum", "format", "required", "oneOf", "anyOf", "minLength", "pattern"]);
const MISMATCH = new Set(["type", "oneOf", "anyOf"]);
const DEPTH_LIMIT = 40;

let referred = []; // the calls of other definitions' validators during one run
let refuseFormats = false;

function reference(name) {
  const validate = (data, { instancePath = "" } = {}) => {
    referred.push({ name, path: instancePath });
    validate.errors = null;
    return true;
  };
  return validate;
}

function format() {
  const validate = () => !refuseFormats;
  validate.test = validate;
  return { validate };
}

const context = vm.createContext({});
const kept = []; // a module that is collected while another is evaluated brings node down

async function load(file) {
  const module = new vm.SourceTextModule(readFileSync(file, "utf8"), { identifier: file, context });
  kept.push(module);
  await module.link((specifier) => {
    const name = basename(specifier, ".js");
    let exported = { validate: reference(name) };
    if (specifier === "@kubernetes-models/validate") exported = { formats: new Proxy({}, { get: format }) };
    if (specifier.startsWith("@kubernetes-models/validate/runtime/")) {
      // A helper of the validator compiler; the only one in use counts the characters of a string.
      if (name !== "ucs2length") throw new Error(`${file}: unknown helper ${specifier}`);
      exported = { default: (text) => [...text].length, ucs2length: (text) => [...text].length };
    }
    const stub = new vm.SyntheticModule(
      Object.keys(exported),
      function () {
        for (const [key, value] of Object.entries(exported)) this.setExport(key, value);
      },
      { context },
    );
    kept.push(stub);
    return stub;
  });
  await module.evaluate();
  return module.namespace.validate;
}

// What a validator says of one value at one place inside it: its errors and the definitions that it hands over to.
function asker(validate) {
  const at = (wrap, prefix) => (value) => {
    referred = [];
    validate(wrap(value));
    const inside = (path) => path === prefix || path.startsWith(prefix + "/");
    const cut = (item, path) => ({ ...item, path: path.slice(prefix.length) });
    return {
      errors: (validate.errors ?? []).filter((e) => inside(e.instancePath)).map((e) => cut(e, e.instancePath)),
      refs: referred.filter((r) => inside(r.path)).map((r) => cut(r, r.path)),
    };
  };
  return at;
}

function describe(at, wrap, prefix, depth, file) {
  if (depth > DEPTH_LIMIT) throw new Error(`${file}: nested deeper than ${DEPTH_LIMIT} at ${prefix}`);
  const ask = at(wrap, prefix);
  const answers = Object.fromEntries(Object.entries(SAMPLES).map(([type, value]) => [type, ask(value)]));
  for (const { errors } of Object.values(answers))
    for (const e of errors) if (!PLAIN.has(e.keyword)) throw new Error(`${file}: unknown keyword ${e.keyword} at ${prefix}`);
  const own = (type) => answers[type].errors.filter((e) => e.path === "");
  const accepted = Object.keys(SAMPLES).filter((type) => !own(type).some((e) => MISMATCH.has(e.keyword)));

  const refs = [...new Set(Object.values(answers).flatMap((a) => a.refs.filter((r) => r.path === "").map((r) => r.name)))];
  const names = keysOf(ask).names;
  if (refs.length === 1 && names.size === 0) {
    const nullable = answers.null.refs.length === 0 && accepted.includes("null");
    return { ref: refs[0], ...(nullable ? { nullable } : {}) };
  }
  // A definition that nests itself calls itself without an import; its set of keys gives it away.
  if (prefix !== "" && names.size > 2 && sameKeys(names, keysOf(at((value) => value, "")).names))
    return { ref: basename(file, ".js"), ...(accepted.includes("null") ? { nullable: true } : {}) };
  if (accepted.length === Object.keys(SAMPLES).length && own("string").length === 0 && names.size === 0) return {};
  const schema = { type: accepted };
  if (refs.length) schema.embeds = refs.sort();
  for (const type of accepted) {
    for (const e of own(type)) {
      if (e.keyword === "enum") schema.enum = e.params.allowedValues;
      if (e.keyword === "pattern") schema.pattern = e.params.pattern;
    }
  }
  for (const e of ask("").errors) if (e.path === "" && e.keyword === "minLength") schema.minLength = e.params.limit;
  const formats = formatsOf(ask, accepted);
  if (formats.length) schema.format = formats;
  if (accepted.includes("array")) {
    const items = describe(at, (value) => wrap([value]), `${prefix}/0`, depth + 1, file);
    if (Object.keys(items).length) schema.items = items;
  }
  if (accepted.includes("object")) describeObject(schema, ask, at, wrap, prefix, depth, file);
  return schema;
}

function sameKeys(some, others) {
  return some.size === others.size && [...some].every((key) => others.has(key));
}

function keysOf(ask) {
  const names = new Set();
  let open = false;
  const spy = new Proxy(
    {},
    {
      get: (_, key) => void (typeof key === "string" && names.add(key)),
      has: (_, key) => (names.add(key), false),
      ownKeys: () => ((open = true), []),
    },
  );
  ask(spy);
  return { names, open };
}

function describeObject(schema, ask, at, wrap, prefix, depth, file) {
  const { names, open } = keysOf(ask);
  const child = (key) => describe(at, (value) => wrap({ [key]: value }), `${prefix}/${key}`, depth + 1, file);
  if (names.size) schema.properties = Object.fromEntries([...names].sort().map((name) => [name, child(name)]));
  if (open) schema.additional = child(ANY_KEY);
  const required = ask({})
    .errors.filter((e) => e.path === "" && e.keyword === "required")
    .map((e) => e.params.missingProperty);
  if (required.length) schema.required = required.sort();
}

function formatsOf(ask, accepted) {
  refuseFormats = true;
  const found = accepted.flatMap((type) => ask(SAMPLES[type]).errors.filter((e) => e.path === "" && e.keyword === "format"));
  refuseFormats = false;
  return [...new Set(found.map((e) => e.params.format))].sort();
}

// The fields that the type declarations list: { definition: { field: plain schema } }.
function declaredFields(folder, ts) {
  const declared = {};
  for (const file of readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".d.ts")).sort()) {
    if (file.startsWith("_schemas")) continue;
    const source = ts.createSourceFile(file, readFileSync(join(folder, file), "utf8"), ts.ScriptTarget.Latest);
    const interfaces = {};
    for (const statement of source.statements) {
      if (ts.isInterfaceDeclaration(statement)) interfaces[statement.name.text] = statement.members;
      if (!ts.isExportDeclaration(statement) || !statement.exportClause?.elements) continue;
      for (const element of statement.exportClause.elements) {
        const members = interfaces[element.propertyName?.text];
        if (members) declared[element.name.text.slice(1)] = fieldsOf(members, ts);
      }
    }
  }
  return declared;
}

function fieldsOf(members, ts) {
  const fields = {};
  for (const member of members) if (ts.isPropertySignature(member)) fields[member.name.text] = plain(member.type, ts);
  return fields;
}

function plain(type, ts) {
  const named = { StringKeyword: "string", BooleanKeyword: "boolean", NumberKeyword: "number" };
  for (const [kind, name] of Object.entries(named)) if (type.kind === ts.SyntaxKind[kind]) return { type: [name] };
  if (ts.isTypeReferenceNode(type) && type.typeName.text === "Array") {
    const items = plain(type.typeArguments[0], ts);
    return { type: ["array"], ...(Object.keys(items).length ? { items } : {}) };
  }
  return {};
}

const [packageFolder, typescriptFolder] = process.argv.slice(2);
const declared = declaredFields(packageFolder, createRequire(import.meta.url)(typescriptFolder));
const folder = join(packageFolder, "_schemas");
const definitions = {};
for (const file of readdirSync(folder).filter((name) => name.endsWith(".js")).sort()) {
  const name = basename(file, ".js");
  const schema = describe(asker(await load(join(folder, file))), (value) => value, "", 0, file);
  if (schema.properties) schema.properties = { ...declared[name], ...schema.properties };
  definitions[name] = schema;
}
process.stdout.write(JSON.stringify(definitions));
