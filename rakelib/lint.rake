# frozen_string_literal: true

namespace :lint do
  desc "Check the format of the Rust code"
  task :fmt do
    sh "cargo", "fmt", "--all", "--check"
  end

  desc "Run clippy over the Rust code"
  task :clippy do
    sh "cargo", "clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"
  end

  desc "Run RuboCop over the Ruby code"
  task :rubocop do
    sh Gem.ruby, "-S", "rubocop", "--format", "simple"
  end
end

desc "Run all linters"
task lint: %w[lint:fmt lint:clippy lint:rubocop]
