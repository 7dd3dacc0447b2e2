# frozen_string_literal: true

# Not run with the signatures: what happens in other processes, or takes long.
elsewhere = %w[repository/* stress/**/* real_world/* command* differential loading python require_paths].freeze

desc "Check the signatures in sig/: by RBS, and by comparing them with the library and with the calls that specs make"
task sig: %w[sig:validate sig:compare sig:calls]

namespace :sig do
  desc "Have RBS check the signatures"
  task :validate do
    # Without the names of all classes, Ruby's own included.
    check = "RBS::CLI.new(stdout: File.open(File::NULL, 'w'), stderr: $stderr).run(ARGV)"
    sh Gem.ruby, "-rrbs", "-rrbs/cli", "-e", check, "--", "-I", "sig", "validate"
  end

  desc "Compare the signatures with what there is"
  task :compare do
    sh Gem.ruby, "-S", "rspec", "spec/repository/signatures_spec.rb"
  end

  desc "Compare the calls that specs make with the signatures"
  task :calls do
    without = "spec/{#{elsewhere.join(",")}}_spec.rb"
    sh({ "SIGNATURES" => "1" }, Gem.ruby, "-S", "rspec", "--tag", "~slow", "--exclude-pattern", without)
  end
end
