# frozen_string_literal: true

# For bin/setup: prints a line for each thing that is missing for building and testing the gem with this Ruby:
# must or may|Debian's packages|gem|what it is. With the argument real-world also for the programs of those specs, with
# bench also for the benchmark suite.

require "rbconfig"
require_relative "../ext/msgpack_ext/toolchain"

# Debian's Ruby takes its gems from Debian's packages; any other (rbenv, RVM, ...) has its own.
DEBIAN = File.exist?("/etc/debian_version") && File.realpath(RbConfig.ruby).start_with?("/usr/bin/")

def lack(need, packages, library, what)
  puts [need, packages, library, what].join("|")
end

def lack_gem(need, package, library, what)
  return if Gem::Specification.find_all_by_name(library).any?

  lack(need, DEBIAN ? package : nil, library, what)
end

def lack_program(need, package, program, what)
  # Some that only root can use are in folders that are not on everybody's path.
  path = ENV.fetch("PATH").split(File::PATH_SEPARATOR) + %w[/usr/sbin /sbin]
  return if path.any? { |dir| File.executable?(File.join(dir, program)) }

  lack(need, File.exist?("/etc/debian_version") ? package : nil, nil, what)
end

# The libclang of this distribution: libclang-dev depends on the version that all else there is built with.
def libclang_packages
  version = IO.popen(%w[apt-cache depends libclang-dev], err: File::NULL, &:read)[/Depends: libclang-(\d+)-dev/, 1]
  "libclang1-#{version} libclang-common-#{version}-dev" if version
rescue SystemCallError
  nil
end

lack("must", nil, nil, "Ruby 3.1 or later (this one is #{RUBY_VERSION})") if RUBY_VERSION.to_f < 3.1
header = File.join(RbConfig::CONFIG.fetch("rubyhdrdir"), "ruby.h")
lack("must", DEBIAN ? "ruby-dev" : nil, nil, "Ruby's headers (#{header})") unless File.exist?(header)
lack_gem("must", "rake", "rake", "rake")
lack_gem("must", "rake-compiler", "rake-compiler", "rake-compiler")
lack_gem("must", "ruby-rspec", "rspec", "rspec")
lack_gem("may", "ruby-bundler", "bundler", "bundler, for `bundle exec`")
lack_gem("may", "rubocop", "rubocop", "rubocop, for `rake lint`")
# It comes with Ruby, Debian's included.
lack_gem("may", nil, "rbs", "rbs, for `rake sig`")
lack_gem("may", "yard", "yard", "YARD, for `rake docs`")
lack_gem("may", "ruby-msgpack", "msgpack", "the C gem msgpack: specs and benchmarks compare with it")
lack_program("may", "git", "git", "git: a spec has Bundler fetch the gem with it")

if ARGV.include?("real-world")
  { "bootsnap" => "ruby-bootsnap", "msfrpc-client" => "ruby-msfrpc-client", "neovim" => "ruby-neovim",
    "rabl" => "ruby-rabl", "rack" => "ruby-rack", "rbtrace" => "ruby-rbtrace", "redis" => "ruby-redis",
    "webrick" => "ruby-webrick" }.each do |library, package|
    lack_gem("may", package, library, "#{library}, for the specs tagged real_world")
  end
  lack_program("may", "neovim", "nvim", "Neovim, for the specs tagged real_world")
  lack_program("may", "redis-server", "redis-server", "Redis, for the specs tagged real_world")
  lack_program("may", "debootstrap", "debootstrap", "debootstrap: specs tagged real_world run Rails in a Debian trixie")
end

if ARGV.include?("bench")
  lack_gem("may", "ruby-oj", "oj", "Oj: `rake bench` compares with it")
  lack_gem("may", "ruby-cbor", "cbor", "CBOR: `rake bench` compares with it")
  lack_program("may", "gnuplot-nox", "gnuplot", "gnuplot: `rake bench:publish` draws with it")
  lack_program("may", "valgrind", "valgrind", "valgrind: `rake bench:instructions` counts with it")
end

problem = Toolchain.libclang_problem
lack("must", libclang_packages, nil, problem) if problem
problem = Toolchain.rust_problem
lack("must", nil, nil, problem) if problem
