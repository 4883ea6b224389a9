//! What a server takes up of its machine, read from /proc.

use std::collections::BTreeMap;
use std::path::Path;

/// Memory and open descriptors of a process group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Resident memory, in KiB.
    pub memory: u64,
    /// Open descriptors.
    pub descriptors: u64,
}

impl Usage {
    /// How much more it is than before.
    pub fn more_than(self, before: Self) -> Self {
        Self {
            memory: self.memory.saturating_sub(before.memory),
            descriptors: self.descriptors.saturating_sub(before.descriptors),
        }
    }

    /// The share of each of so many.
    pub fn for_each_of(self, times: u64) -> Self {
        Self { memory: self.memory / times.max(1), descriptors: self.descriptors / times.max(1) }
    }
}

/// Size of a page of memory, in KiB; that of the platforms we run on.
const PAGE: u64 = 4;

/// Of all processes of a group together; nothing where /proc does not tell.
pub fn usage(group: i32) -> Option<Usage> {
    let mut all = Usage::default();
    let mut found = false;
    for entry in std::fs::read_dir("/proc").ok()?.flatten() {
        if !entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let Some(of) = group_of(&entry.path()) else { continue };
        if of == group {
            found = true;
            let one = of_process(&entry.path());
            all.memory += one.memory;
            all.descriptors += one.descriptors;
        }
    }
    found.then_some(all)
}

/// Memory and time of processors of a process group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupUsage {
    /// Resident memory, in KiB.
    pub memory: u64,
    /// Time of processors, in milliseconds.
    pub busy_ms: u64,
}

/// Milliseconds of a tick of the clock, in which the kernel tells times.
const TICK_MS: u64 = 10;

/// Of all process groups that `proc` tells of.
pub fn group_usages(proc: &Path) -> BTreeMap<i32, GroupUsage> {
    let mut all: BTreeMap<i32, GroupUsage> = BTreeMap::new();
    for entry in std::fs::read_dir(proc).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let Some(fields) = fields(&entry.path()) else { continue };
        let number = |at: usize| fields.split_whitespace().nth(at).and_then(|text| text.parse::<u64>().ok());
        let Some(group) = number(GROUP).and_then(|group| i32::try_from(group).ok()) else { continue };
        let of_group = all.entry(group).or_default();
        of_group.memory += memory(&entry.path());
        of_group.busy_ms += (number(USER_TIME).unwrap_or(0) + number(SYSTEM_TIME).unwrap_or(0)) * TICK_MS;
    }
    all
}

/// Of the fields behind the name: the process group, and ticks in user mode and in the kernel.
const GROUP: usize = 2;
const USER_TIME: usize = 11;
const SYSTEM_TIME: usize = 12;

/// The fields of `stat` behind the name, which may hold anything and ends with the last parenthesis.
fn fields(process: &Path) -> Option<String> {
    let stat = std::fs::read_to_string(process.join("stat")).ok()?;
    stat.rsplit_once(')').map(|(_, rest)| rest.to_owned())
}

fn group_of(process: &Path) -> Option<i32> {
    fields(process)?.split_whitespace().nth(GROUP)?.parse().ok()
}

fn memory(process: &Path) -> u64 {
    let statm = std::fs::read_to_string(process.join("statm")).unwrap_or_default();
    let pages: u64 = statm.split_whitespace().nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
    pages * PAGE
}

fn of_process(process: &Path) -> Usage {
    let descriptors = std::fs::read_dir(process.join("fd")).map_or(0, |all| all.flatten().count());
    Usage { memory: memory(process), descriptors: u64::try_from(descriptors).unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn our_own_group_is_found() {
        let group = group_of(Path::new("/proc/self")).unwrap();
        let usage = usage(group).unwrap();
        assert!(usage.memory > 100 && usage.descriptors > 2, "{usage:?}");
        assert_eq!(super::usage(i32::MAX), None);
        assert!(group_usages(Path::new("/proc")).get(&group).unwrap().memory > 100);
    }
}
