# frozen_string_literal: true

fuzz = lambda do |log, target, inputs|
  require_relative "../fuzz/runner"
  runner = FuzzRunner.new(log:)
  targets = target ? [target] : FuzzRunner::TARGETS
  unknown = targets - FuzzRunner::TARGETS
  abort "no target #{unknown.first}: there are #{FuzzRunner::TARGETS.join(", ")}" if unknown.any?
  sh "bin/setup", "--fuzz"
  runner.build or abort "the fuzz targets cannot be built"
  findings = targets.flat_map { |name| runner.run(name, inputs || FuzzRunner::INPUTS) }
  Rake::Task["reliability"].invoke if log
  abort "FOUND:\n#{findings.join("\n")}" if findings.any?
end

desc "Fuzz msgpack_wire: rake fuzz, or rake \"fuzz[decode,100000]\"; notes the runs in fuzz/runs"
task :fuzz, %i[target inputs] do |_, arguments|
  fuzz.call("fuzz/runs/fuzz.jsonl", arguments[:target], arguments[:inputs]&.then { |inputs| Integer(inputs) })
end

namespace :fuzz do
  desc "Fuzz all targets with fewer inputs, without noting the runs"
  task :ci do
    require_relative "../fuzz/runner"
    fuzz.call(nil, nil, FuzzRunner::FEW_INPUTS)
  end

  desc "Make the fuzzer's first inputs, fuzz/seeds, from the conformance vectors"
  task :seeds do
    require_relative "../fuzz/runner"
    FuzzRunner.write_seeds
  end

  desc "Check format and lints of the fuzz targets"
  task :lint do
    sh "cargo", "fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"
    sh "cargo", "clippy", "--locked", "--manifest-path", "fuzz/Cargo.toml", "--all-targets", "--", "-D", "warnings"
  end
end

desc "Make docs/reliability.md from the logs of the runs"
task :reliability do
  require_relative "../fuzz/reliability"
  File.write(Reliability::PAGE, Reliability.page)
end
