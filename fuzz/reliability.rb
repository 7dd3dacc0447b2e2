# frozen_string_literal: true

require "json"

# Makes docs/reliability.md from the logs of all runs: fuzz/runs and spec/stress/runs.
module Reliability
  ROOT = File.expand_path("..", __dir__)
  PAGE = File.join(ROOT, "docs/reliability.md")
  LOGS = %w[fuzz/runs/*.jsonl spec/stress/runs/*.jsonl].freeze
  PROMISES = {
    "ruby" => "Random programs of the Ruby API: values, ways of packing and unpacking, damaged bytes, IOs and " \
              "handlers that misbehave. No crash; the right value or a documented error, the same in every way.",
    "valgrind" => "The specs under valgrind: no read or write of memory that is not allocated.",
    "address" => "The specs with the extension built with AddressSanitizer: no read or write beyond what is allocated."
  }.freeze

  # @param logs [Array<String>] the files with a line of JSON for each run
  # @return [String] the page
  def self.page(logs = LOGS.flat_map { |pattern| Dir.glob(pattern, base: ROOT) })
    runs = logs.sort.flat_map { |log| File.readlines(File.expand_path(log, ROOT)).map { |line| JSON.parse(line) } }
    [INTRODUCTION, targets(runs), results(runs), findings(runs), HOW].join("\n")
  end

  # What a target promises: the first lines of its source.
  def self.promise(target)
    source = File.join(__dir__, "fuzz_targets", "#{target}.rs")
    return PROMISES[target] unless File.exist?(source)

    File.readlines(source).grep(%r{\A//! }).map { |line| line.delete_prefix("//! ").strip }.join(" ")
  end

  def self.targets(runs)
    rows = names(runs).map { |target| "| `#{target}` | #{promise(target)} |\n" }
    "## What each target promises\n\n| target | promise |\n|---|---|\n#{rows.join}"
  end

  # Those that have run and those that are there, the fuzzer's first.
  def self.names(runs)
    there = Dir.children(File.join(__dir__, "fuzz_targets")).sort.map { |file| File.basename(file, ".rs") }
    there | runs.map { |run| run.fetch("target") }
  end

  def self.results(runs)
    rows = names(runs).map { |target| result(target, runs.select { |run| run["target"] == target }) }
    "## Runs\n\n| target | runs | executions | seconds | findings | last run: executions, seed, commit |\n" \
      "|---|--:|--:|--:|--:|---|\n#{rows.join}"
  end

  def self.result(target, runs)
    executions, seconds = %w[executions seconds].map { |field| runs.sum { |run| run[field] || 0 } }
    found = runs.count { |run| finding(run) }
    last = runs.last
    told = last ? "#{grouped(last["executions"] || 0)}, #{last["seed"] || "no seed"}, #{last["commit"]}" : "none yet"
    "| `#{target}` | #{runs.size} | #{grouped(executions)} | #{grouped(seconds.round)} | #{found} | #{told} |\n"
  end

  def self.findings(runs)
    found = runs.select { |run| finding(run) }
    lines = found.map do |run|
      "- `#{run["target"]}`, seed #{run["seed"] || "none"}, commit #{run["commit"]}: #{quoted(finding(run))}\n"
    end
    "## Findings\n\n#{lines.empty? ? "None in the runs above.\n" : lines.join}"
  end

  # What a run has found; nil where nothing.
  def self.finding(run)
    found = run["finding"]
    found = found.values.join("; ") if found.is_a?(Hash)
    found unless ["", "none", "held"].include?(found.to_s)
  end

  def self.quoted(text)
    "`#{text.split.join(" ").tr("`", "'")}`"
  end

  def self.grouped(number)
    number.to_s.reverse.scan(/\d{1,3}/).join(",").reverse
  end

  private_class_method :promise, :targets, :names, :results, :result, :findings, :finding, :quoted, :grouped

  INTRODUCTION = <<~MARKDOWN
    # Reliability

    No bytes, no object and no handler crash the process, corrupt or lose data, or make memory
    grow beyond what the input justifies. This page tells how that is tested with inputs that
    nobody has written, and what came of it. `rake reliability` makes it from the logs of the
    runs (`fuzz/runs/*.jsonl`, `spec/stress/runs/*.jsonl`): don't edit it.
  MARKDOWN

  HOW = <<~MARKDOWN
    ## How to run it

    `bin/setup --fuzz` installs what the Rust targets need: [cargo-fuzz](https://rust-fuzz.github.io/book/)
    (into `tmp/`, unless it is on the path) and a C++ compiler, for libFuzzer. Stable Rust
    will do. Then:

    ```
    rake fuzz                    # all targets: a fixed seed, then a fresh one, which is printed
    rake "fuzz[decode,100000]"   # one target, so many inputs for each seed
    rake fuzz:ci                 # as CI does it: fewer inputs, and no log is written
    rake reliability             # this page anew
    ```

    The Rust targets (`fuzz/`) are built with AddressSanitizer, overflow checks and debug
    assertions. What they compare with is written anew in `fuzz/src/reference.rs`: a reader of the
    format that shares no code with the library. A run with the fixed seed begins with
    `fuzz/seeds` alone; one with a fresh seed goes on from the inputs that earlier runs have
    kept in `fuzz/corpus`. An input that breaks a promise is in `fuzz/artifacts`, and
    `cargo fuzz run --fuzz-dir fuzz NAME FILE` (with `RUSTC_BOOTSTRAP=1`) repeats it.

    A line of a log has: target, seed (null where there is none), executions (inputs, programs or
    examples), seconds, commit (with a `+` where the tree had changes), finding (null where there
    is none). Findings stay in the logs when they are mended, and so on this page.
  MARKDOWN
end
