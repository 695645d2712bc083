//! `.help` and `.quit`

use std::fmt::Write;

use super::COMMANDS;
use super::Command;
use super::Completes;
use super::find;
use super::unknown;
use crate::repl::shell::Flow;

pub(super) const HELP: Command = Command {
    name: "help",
    aliases: &["h", "?"],
    arguments: "[COMMAND]",
    group: "Shell",
    about: "Shows all commands, or one of them with an example.",
    example: ".help\n.help chart",
    completes: Completes::Commands,
    run: |shell, name| {
        Box::pin(async move {
            match name {
                "" => shell.say(&all())?,
                name => shell.say(&one(find(name).ok_or_else(|| unknown(name))?))?,
            }
            Ok(Flow::On)
        })
    },
};

pub(super) const QUIT: Command = Command {
    name: "quit",
    aliases: &["exit", "q"],
    arguments: "",
    group: "Shell",
    about: "Leaves. So does Ctrl-D.",
    example: ".quit",
    completes: Completes::Nothing,
    run: |_, _| Box::pin(async { Ok(Flow::Quit) }),
};

/// How wide the help is, so that it fits any terminal.
const WIDTH: usize = 79;
/// Where the commands begin, behind their heading.
const INDENT: usize = 10;

/// All commands on one screen.
fn all() -> String {
    let mut text = "SQL ends with ; and may go over several lines. \\G instead of ; shows each record\n\
                    one field a line. Commands begin with a dot, or a backslash:\n\n"
        .to_owned();
    let mut groups: Vec<&str> = Vec::new();
    for command in COMMANDS {
        if !groups.contains(&command.group) {
            groups.push(command.group);
        }
    }
    for group in groups {
        let mut line = format!("{group:<INDENT$}");
        for command in COMMANDS.iter().filter(|command| command.group == group) {
            let usage = command.usage();
            if line.len() > INDENT && line.len() + usage.len() + 2 > WIDTH {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{}", line.trim_end());
                line = " ".repeat(INDENT);
            }
            let _ = write!(line, "{usage}  ");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text.push_str(
        "\n.help COMMAND tells more, with an example. Tab completes, Ctrl-R searches what\n\
         was typed before, Ctrl-C stops a query or drops the line, Ctrl-D leaves.\n",
    );
    text
}

/// One command.
fn one(command: &Command) -> String {
    let mut text = format!("{}\n\n{}\n", command.usage(), wrapped(command.about));
    if !command.aliases.is_empty() {
        let _ = writeln!(text, "\nAlso: \\{}", command.aliases.join(", \\"));
    }
    text.push_str("\nExample\n");
    for line in command.example.lines() {
        let _ = writeln!(text, "  {line}");
    }
    text
}

fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        if let Some(line) = lines.last_mut() {
            if line.is_empty() {
                line.push_str(word);
            } else if line.len() + word.len() < WIDTH {
                line.push(' ');
                line.push_str(word);
            } else {
                lines.push(word.to_owned());
            }
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_fits_one_screen() {
        let text = all();
        // One line of the screen is the next prompt's.
        assert!(text.lines().count() < 24, "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(COMMANDS.iter().all(|command| text.contains(&format!(".{}", command.name))));
        insta::assert_snapshot!(text);
    }

    #[test]
    fn the_help_of_one_command_has_an_example() {
        for command in COMMANDS {
            let text = one(command);
            assert!(
                text.contains("\nExample\n") && text.lines().all(|line| line.chars().count() <= 110),
                "{text}"
            );
        }
        insta::assert_snapshot!(one(find("report").unwrap()));
    }
}
