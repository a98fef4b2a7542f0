/** Flags that many commands have, as lines of a flag table. */
const TEMPLATE = `| 'json':             Print in JSON format
| 'TEMPLATE':         Print output using the given Go template.
| Refer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates`;

const TABLE = `| 'table':            Print output in table format with column headers (default)
| 'table TEMPLATE':   Print output in table format using the given Go template
${TEMPLATE}`;

/** `--format` of the commands that list. */
export const TABLE_FORMAT = `    --format string | Format output using a custom template:\n${TABLE}`;
/** `--format` of the commands that show one thing. */
export const FORMAT = `-f, --format string | Format output using a custom template:\n${TEMPLATE}`;
/** The same where `-f` is `--filter`. */
export const LONG_FORMAT = `    --format string | Format output using a custom template:\n${TEMPLATE}`;
export const FILTER = "-f, --filter filter | Filter output based on conditions provided";
export const DETACH_KEYS = "    --detach-keys string | Override the key sequence for detaching a container";
