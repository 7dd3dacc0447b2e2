# frozen_string_literal: true

require "rspec/core/rake_task"

desc "Run the specs"
RSpec::Core::RakeTask.new(:spec)

namespace :spec do
  desc "Run the specs with a garbage collection at every allocation, each file in a process of its own"
  task :gc_stress do
    require "etc"
    require "open3"
    files = Queue.new(Dir["spec/**/*_spec.rb"])
    files.close
    run = lambda do |file|
      output, status = Open3.capture2e({ "GC_STRESS" => "1" }, RbConfig.ruby, "-S", "rspec", file)
      puts "#{file}: #{output[/^\d+ examples?, .*/] || "ended by #{status}"}"
      puts output unless status.success?
      status.success?
    end
    failed = Array.new(Etc.nprocessors) do
      Thread.new do
        mine = []
        while (file = files.pop)
          mine << file unless run.call(file)
        end
        mine
      end
    end.flat_map(&:value)
    abort "FAILED: #{failed.join(" ")}" if failed.any?
  end
end

desc "Run the tests of the Rust crates"
task :cargo_test do
  sh "cargo", "test", "--locked", "--quiet", "--package", "msgpack_wire"
end
