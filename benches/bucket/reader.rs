//! Reads the files in `templates/`; a mistake in them is a mistake in this program, so it panics.

use super::catalogue::Call;
use super::catalogue::Catalogue;
use super::catalogue::Failure;
use super::catalogue::Nature;
use super::catalogue::Service;
use super::random::Weighted;
use super::template::Template;
use super::template::Words;
use std::sync::Arc;
use std::sync::OnceLock;

const FILES: [&str; 6] = [
    include_str!("templates/words.txt"),
    include_str!("templates/identity.txt"),
    include_str!("templates/storage.txt"),
    include_str!("templates/compute.txt"),
    include_str!("templates/operations.txt"),
    include_str!("templates/tail.txt"),
];

/// How the names of calls begin that only read.
const READING: [&str; 22] = [
    "Get",
    "List",
    "Describe",
    "Head",
    "Lookup",
    "Search",
    "Query",
    "Scan",
    "BatchGet",
    "Check",
    "Filter",
    "Estimate",
    "Assume",
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "Select",
    "Preview",
    "Validate",
    "Simulate",
    "Discover",
    "Count",
];

/// How the names of calls begin that programs make over and over: polling, and taking the same roles.
const REPEATING: [&str; 3] = ["Describe", "List", "Assume"];

/// Gives all calls; the files are read once.
pub(super) fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        let mut reader = Reader::default();
        FILES.iter().flat_map(|file| file.lines()).for_each(|line| reader.line(line));
        reader.finish()
    })
}

#[derive(Default)]
struct Reader {
    words: Words,
    generic: Vec<Generic>,
    services: Vec<Service>,
    calls: Vec<Call>,
    /// How many calls the last line named: its templates are for all of them.
    last: usize,
}

/// What calls say that begin with one of these verbs.
struct Generic {
    verbs: Vec<String>,
    part: String,
    text: String,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') {
            return;
        }
        if let Some(header) = text.strip_prefix('[') {
            self.service(header.trim_end_matches(']'));
        } else if let Some((key, value)) = text.split_once(": ") {
            match key.split_once(' ') {
                Some(("word", name)) => {
                    let template = Template::parse(value, &self.words);
                    self.words.insert(name.to_owned(), Arc::new(template));
                }
                Some(("generic", verbs)) => self.generic(verbs, value),
                _ if line.starts_with(' ') => self.call_part(key, value),
                _ => self.service_part(key, value),
            }
        } else {
            self.calls(text);
        }
    }

    fn generic(&mut self, verbs: &str, text: &str) {
        let mut verbs: Vec<String> = verbs.split(' ').map(str::to_owned).collect();
        let part = verbs.pop().unwrap_or_default();
        self.generic.push(Generic { verbs, part, text: text.to_owned() });
    }

    fn service(&mut self, header: &str) {
        let mut parts = header.split_whitespace();
        let mut service =
            Service { source: parts.next().unwrap_or_default().to_owned(), ..Service::default() };
        for part in parts {
            match part.split_once([':', '=']) {
                Some(("api", version)) => service.api_version = Some(version.to_owned()),
                Some(("ids", _)) => service.short_ids = true,
                Some((letters, weight)) => service.weights.extend(weights(letters, weight)),
                None => service.global = true,
            }
        }
        self.services.push(service);
    }

    fn service_part(&mut self, key: &str, value: &str) {
        let words = &self.words;
        let Some(service) = self.services.last_mut() else { panic!("{key} before any service") };
        match key {
            "host" => service.host = Some(Template::parse(value, words)),
            "via" => service.via = value.split(' ').map(str::to_owned).collect(),
            "additional" => service.additional = Some(Template::parse(value, words)),
            "resources" => service.resources = Some(Template::parse(value, words)),
            "error" => {
                let (first, message) = value.split_once(" | ").unwrap_or((value, ""));
                let (weight, code) = first.split_once(' ').unwrap_or(("1", first));
                let weight = weight.parse().unwrap_or(1.0);
                let message = Template::parse(message, words);
                service.errors.push(Failure { code: code.to_owned(), message, weight });
            }
            _ => panic!("a service has no {key}"),
        }
    }

    fn calls(&mut self, line: &str) {
        let service = self.services.len() - 1;
        let (names, rest): (Vec<&str>, Vec<&str>) =
            line.split_whitespace().partition(|part| part.starts_with(char::is_uppercase));
        self.last = names.len();
        for name in names {
            let place = self.services[service].calls;
            self.services[service].calls += 1;
            let mut call = Call { service, name: name.to_owned(), ..Call::default() };
            call.read = READING.iter().any(|verb| name.starts_with(verb));
            for part in &rest {
                match (*part, part.split_once('=')) {
                    (_, Some((letters, weight))) => call.weights.extend(weights(letters, weight)),
                    ("read", _) => call.read = true,
                    ("write", _) => call.read = false,
                    ("data", _) => call.data = true,
                    ("event", _) => call.nature = Nature::ServiceEvent,
                    ("signin", _) => call.nature = Nature::SignIn,
                    _ => panic!("a call has no flag {part}"),
                }
            }
            call.repeats = call.read && !call.data && REPEATING.iter().any(|verb| name.starts_with(verb));
            if call.weights.is_empty() {
                call.weights = fading(&self.services[service].weights, place, call.read);
            }
            self.calls.push(call);
        }
    }

    fn call_part(&mut self, key: &str, value: &str) {
        let template = Arc::new(Template::parse(value, &self.words));
        let first = self.calls.len() - self.last;
        self.calls[first..].iter_mut().for_each(|call| set(call, key, Arc::clone(&template)));
    }

    fn finish(mut self) -> Catalogue {
        for call in self.calls.iter_mut().filter(|call| call.request.is_none() && call.nature == Nature::Api)
        {
            let split = verb_end(&call.name);
            let (verb, noun) = call.name.split_at(split);
            let noun =
                noun.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == 'v').to_owned();
            let noun = if noun.is_empty() { "Resource".to_owned() } else { noun };
            let small = noun[..1].to_lowercase() + &noun[1..];
            let verb = verb.to_owned();
            for part in ["request", "response"] {
                let fits = |generic: &&Generic| {
                    generic.part == part && generic.verbs.iter().any(|known| *known == verb || known == "*")
                };
                let Some(generic) = self.generic.iter().find(fits) else { continue };
                let text = generic.text.replace("~Noun", &noun).replace("~noun", &small);
                set(call, part, Arc::new(Template::parse(&text, &self.words)));
            }
        }
        for service in &mut self.services {
            let chances = Weighted::new(service.errors.iter().map(|error| error.weight));
            service.chances = (!service.errors.is_empty()).then_some(chances);
        }
        Catalogue::new(self.services, self.calls, self.words)
    }
}

fn set(call: &mut Call, key: &str, template: Arc<Template>) {
    match key {
        "request" => call.request = Some(template),
        "response" => call.response = Some(template),
        "additional" => call.additional = Some(template),
        "resources" => call.resources = Some(template),
        "details" => call.details = Some(template),
        _ => panic!("a call has no {key}"),
    }
}

/// Reads `pha=30`: the same weight for each of the letters.
fn weights(letters: &str, weight: &str) -> impl Iterator<Item = (char, f64)> {
    let Ok(weight) = weight.parse::<f64>() else { panic!("{weight} is no weight") };
    letters.chars().map(move |letter| (letter, weight)).collect::<Vec<_>>().into_iter()
}

/// Makes each further call of a service rarer, and changes rarer still; who audits changes nothing.
fn fading(weights: &[(char, f64)], place: usize, read: bool) -> Vec<(char, f64)> {
    let rarer = (place as f64 + 1.0).powf(0.9);
    let share = |letter: char| match (read, letter) {
        (true, _) => 1.0,
        (false, 'a') => 0.0,
        (false, 'p') => 0.6,
        (false, _) => 0.3,
    };
    weights.iter().map(|&(letter, weight)| (letter, weight * share(letter) / rarer)).collect()
}

/// Finds where the verb of a call's name ends: `Batch` and `Admin` belong to the verb behind them.
fn verb_end(name: &str) -> usize {
    let end = |from: usize| name[from..].char_indices().skip(1).find(|(_, letter)| letter.is_uppercase());
    let first = end(0).map_or(name.len(), |(place, _)| place);
    match &name[..first] {
        "Batch" | "Admin" => end(first).map_or(name.len(), |(place, _)| first + place),
        _ => first,
    }
}
