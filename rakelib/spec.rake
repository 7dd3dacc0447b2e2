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

  desc "Run the quick specs on the Ruby of Debian trixie, beside its C gem (as root; makes tmp/trixie at first)"
  task :trixie do
    # Debian has built the Ruby of trixie without YJIT; a later one may have it.
    sh "bin/trixie", "--plain", "env", "CI=true", "bash", "-euc", <<~BASH do |passed, status|
      ruby -v
      MSGPACK_EXT_FEATURES=panic-probe rake compile
      rspec --tag ~slow
      rspec spec/repository/native_gem_spec.rb -e "its package" -e "once installed"
      if ruby --yjit -e 'exit RubyVM::YJIT.enabled?' 2>/dev/null; then
        ruby --yjit -S rspec --tag ~slow --order rand
      else
        echo "SKIPPED with YJIT: this Ruby has none"
      fi
    BASH
      # What bin/trixie says of a machine that can't have such a system.
      if status.exitstatus == 69
        puts "SKIPPED ALL: no specs on Debian trixie's Ruby here, see above"
      elsif !passed
        abort "the specs on Debian trixie's Ruby failed"
      end
    end
  end
end

desc "Run the tests of the Rust crates"
task :cargo_test do
  sh "cargo", "test", "--locked", "--quiet", "--package", "msgpack_wire"
end
