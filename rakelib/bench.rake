# frozen_string_literal: true

# PEER=DIR is the lib folder of another msgpack gem; ROUNDS and SECONDS as the options of bench/compare.rb.
options = %w[PEER ROUNDS SECONDS].filter_map { |name| "--#{name.downcase}=#{ENV.fetch(name)}" if ENV[name] }

desc "Measure speed and memory: all, to bench/results (about 5 minutes), or a part: rake \"bench[unpack]\""
task :bench, [:words] => :compile do |_, arguments|
  words = arguments.to_a
  ruby "bench/compare.rb", "--all", *options, *(words.empty? ? ["--save"] : words)
end

namespace :bench do
  desc "Compare speed with the C gem"
  task compare: :compile do
    ruby "bench/compare.rb", *options
  end

  desc "Draw the charts and write the tables of docs/performance.md and README.md from the latest results"
  task :publish do
    require_relative "../bench/publish"
    Bench::Publish.latest.run
  end

  desc "Count instructions with callgrind and print the changes; rake \"bench:instructions[record]\" keeps them"
  task :instructions, [:record] => :compile do |_, arguments|
    require_relative "../bench/instructions"
    begin
      now = Bench::Instructions.measure
      puts Bench::Instructions.report(Bench::Instructions.recorded, now)
      Bench::Instructions.record(now) if arguments[:record]
    rescue Bench::Instructions::Failed => e
      # A figure for people: it must not stop a run of CI.
      warn e.message
    end
  end
end
