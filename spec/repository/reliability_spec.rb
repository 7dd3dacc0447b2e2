# frozen_string_literal: true

require "tmpdir"
require_relative "../../fuzz/reliability"

# docs/reliability.md: made from the logs of the fuzzers' and the sanitizers' runs.
RSpec.describe Reliability do
  def page_of(*runs)
    Dir.mktmpdir do |dir|
      log = File.join(dir, "log.jsonl")
      File.write(log, runs.map { |run| "#{JSON.generate(run)}\n" }.join)
      described_class.page([log])
    end
  end

  run = { target: "cut", seed: 7, executions: 1_234_567, seconds: 60.4, commit: "abc1234", finding: nil }

  it "is what the committed logs give" do
    expect(File.read(described_class::PAGE, encoding: "UTF-8")).to eq(described_class.page), "run `rake reliability`"
  end

  it "has a run of each fuzz target" do
    targets = Dir.children(File.join(described_class::ROOT, "fuzz/fuzz_targets")).map do |file|
      File.basename(file, ".rs")
    end
    logged = File.readlines(File.join(described_class::ROOT, "fuzz/runs/fuzz.jsonl")).map { |line| JSON.parse(line) }

    expect(targets.size).to be >= 5
    expect(logged.map { |entry| entry["target"] }.uniq).to match_array(targets)
    expect(logged).to all(include("seed" => Integer, "executions" => be_positive, "seconds" => Numeric,
                                  "commit" => /\h/))
  end

  it "names a promise for each target that has run" do
    rows = File.read(described_class::PAGE, encoding: "UTF-8").scan(/^\| `(\w+)` \| (.*) \|$/)

    expect(rows.map(&:last)).to all(match(/\S/))
  end

  it "adds up the runs of a target and shows the last one" do
    page = page_of(run, run.merge(seed: 8, executions: 1, seconds: 1))

    expect(page).to include("| `cut` | 2 | 1,234,568 | 61 | 0 | 1, 8, abc1234 |\n", "None in the runs above.")
    expect(page).to include("| `skip` | 0 | 0 | 0 | 0 | none yet |\n")
  end

  it "shows findings, one line each" do
    page = page_of(run.merge(finding: "fuzz/artifacts/cut/crash-1; left\n`1`"), run)

    expect(page).to include("- `cut`, seed 7, commit abc1234: `fuzz/artifacts/cut/crash-1; left '1'`\n")
    expect(page).to include("| `cut` | 2 | 2,469,134 | 121 | 1 | 1,234,567, 7, abc1234 |\n")
  end

  it "takes other targets, runs without a seed, and findings of two parts" do
    page = page_of(run.merge(target: "valgrind", seed: nil, finding: { "file" => "a_spec.rb", "message" => "left" }),
                   run.merge(target: "address", finding: "none"))

    expect(page).to match(/^\| `valgrind` \| The specs under valgrind/)
    expect(page).to include("| `valgrind` | 1 | 1,234,567 | 60 | 1 | 1,234,567, no seed, abc1234 |\n")
    expect(page).to include("- `valgrind`, seed none, commit abc1234: `a_spec.rb; left`\n")
    expect(page).to include("| `address` | 1 | 1,234,567 | 60 | 0 | 1,234,567, 7, abc1234 |\n")
  end
end
