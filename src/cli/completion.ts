/** `storeswitch completion SHELL`: a script that completes commands and options, made from the tree of commands. */
import { Argument, type Command } from 'commander';
import { printLine } from './output';

export function register(program: Command): void {
  program
    .command('completion')
    .description('print a completion script: source <(storeswitch completion bash)')
    .addArgument(new Argument('<shell>', 'whose script').choices(Object.keys(SCRIPTS)))
    .action((shell: keyof typeof SCRIPTS) => printLine(SCRIPTS[shell](places(program))));
}

/** What may be typed after a sequence of commands. */
interface Place {
  /** The commands typed so far, such as `store list`; empty at the start. */
  path: string;
  commands: Word[];
  options: Word[];
  /** Values of the first argument, where only some are allowed. */
  choices: string[];
}

interface Word {
  text: string;
  description: string;
}

function places(command: Command, path = ''): Place[] {
  const commands = command.commands.map((child) => ({
    text: child.name(),
    description: child.description(),
  }));
  const options = command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long, description }) =>
      long === undefined || long === null ? [] : [{ text: long, description }],
    );
  const choices = command.registeredArguments[0]?.argChoices ?? [];
  const below = command.commands.flatMap((child) =>
    places(child, path === '' ? child.name() : `${path} ${child.name()}`),
  );
  return [{ path, commands, options, choices }, ...below];
}

/** Quoted for any of the three shells: nothing of ours has a quote or a backslash in it. */
function quote(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '')}'`;
}

function pathPattern(all: readonly Place[]): string {
  return all
    .filter(({ path }) => path !== '')
    .map(({ path }) => quote(path))
    .join('|');
}

/** Where nothing of ours fits, such as a file, bash completes file names: `-o default`. */
function bash(all: readonly Place[]): string {
  const cases = all.map(
    ({ path, commands, options, choices }) =>
      `    ${quote(path)}) options=${quote(texts(options))} words=${quote([...commands.map((c) => c.text), ...choices].join(' '))} ;;`,
  );
  return [
    '# storeswitch completion for bash: source <(storeswitch completion bash)',
    '_storeswitch() {',
    '  local current=${COMP_WORDS[COMP_CWORD]} place= options= words= i',
    '  for ((i = 1; i < COMP_CWORD; i++)); do',
    '    case "${place:+$place }${COMP_WORDS[i]}" in',
    `      ${pathPattern(all)}) place="\${place:+$place }\${COMP_WORDS[i]}" ;;`,
    '    esac',
    '  done',
    '  case $place in',
    ...cases,
    '  esac',
    '  if [[ $current == -* ]]; then words=$options; fi',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    'complete -o default -F _storeswitch storeswitch',
  ].join('\n');
}

function zsh(all: readonly Place[]): string {
  const described = (words: readonly Word[]): string =>
    words.map(({ text, description }) => quote(`${text}:${description.replaceAll(':', ' -')}`)).join(' ');
  const cases = all.map(
    ({ path, commands, options, choices }) =>
      `    ${quote(path)}) options=(${described(options)}) words_here=(${[described(commands), ...choices.map(quote)].join(' ').trim()}) ;;`,
  );
  return [
    '#compdef storeswitch',
    '# storeswitch completion for zsh: source <(storeswitch completion zsh)',
    '_storeswitch() {',
    "  local place='' i",
    '  local -a options words_here',
    '  for ((i = 2; i < CURRENT; i++)); do',
    '    case "${place:+$place }${words[i]}" in',
    `      ${pathPattern(all)}) place="\${place:+$place }\${words[i]}" ;;`,
    '    esac',
    '  done',
    '  case $place in',
    ...cases,
    '  esac',
    '  if [[ ${words[CURRENT]} == -* ]]; then _describe option options',
    '  elif (( $#words_here )); then _describe command words_here',
    '  else _files; fi',
    '}',
    'compdef _storeswitch storeswitch',
  ].join('\n');
}

function fish(all: readonly Place[]): string {
  const lines = all.flatMap(({ path, commands, options, choices }) => {
    const here = `-n ${quote(`test (__storeswitch_place) = "${path}"`)}`;
    return [
      ...commands.map(
        ({ text, description }) => `complete -c storeswitch ${here} -f -a ${text} -d ${quote(description)}`,
      ),
      ...choices.map((choice) => `complete -c storeswitch ${here} -f -a ${choice}`),
      ...options.map(
        ({ text, description }) =>
          `complete -c storeswitch ${here} -l ${text.replace(/^--/, '')} -d ${quote(description)}`,
      ),
    ];
  });
  return [
    '# storeswitch completion for fish: storeswitch completion fish | source',
    'function __storeswitch_place',
    "  set -l place ''",
    '  for word in (commandline -opc)[2..-1]',
    '    set -l next (string trim -- "$place $word")',
    `    if contains -- $next ${all
      .filter(({ path }) => path !== '')
      .map(({ path }) => quote(path))
      .join(' ')}`,
    '      set place $next',
    '    end',
    '  end',
    '  echo "$place"',
    'end',
    ...lines,
  ].join('\n');
}

const SCRIPTS = { bash, zsh, fish };

function texts(words: readonly Word[]): string {
  return words.map(({ text }) => text).join(' ');
}
