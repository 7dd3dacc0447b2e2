# frozen_string_literal: true

require "rspec/core/rake_task"

desc "Run the specs"
RSpec::Core::RakeTask.new(:spec)

namespace :spec do
  desc "Run the specs tagged :gc_stress, with a garbage collection at every allocation"
  RSpec::Core::RakeTask.new(:gc_stress)
  task(:stress_on) { ENV["GC_STRESS"] = "1" }
  task gc_stress: :stress_on
end

desc "Run the tests of the Rust crates"
task :cargo_test do
  sh "cargo", "test", "--locked", "--quiet", "--package", "msgpack_wire"
end
