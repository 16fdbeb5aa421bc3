// Parse M expressions with Microsoft's own parser: a JSON list of texts comes in, a list of true and false goes out.
const { DefaultSettings, TaskUtils } = require(`${process.argv[2]}/@microsoft/powerquery-parser`);
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));

async function parse() {
    const tasks = [];
    for (const text of texts) {
        tasks.push(await TaskUtils.tryLexParse(DefaultSettings, text));
    }
    console.log(JSON.stringify(tasks.map((task) => TaskUtils.isParseStageOk(task))));
}

parse();
