// node check-schema.mjs SCHEMA FILE…: for each file of JSON a line with what in it does not fit the schema, as JSON.
import { readFileSync } from "node:fs";
import Ajv from "ajv";

const [schema, ...files] = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, "utf8")));
const fits = new Ajv({ allErrors: true }).compile(schema);
for (const file of files) {
  const errors = fits(file) ? [] : fits.errors;
  console.log(JSON.stringify(errors.map(({ instancePath, message }) => `${instancePath} ${message}`)));
}
