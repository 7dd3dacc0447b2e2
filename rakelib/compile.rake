# frozen_string_literal: true

require "rake/clean"
require "rake/extensiontask"

# One target/ for rake and plain cargo, so that neither builds the dependencies again.
ENV["RB_SYS_CARGO_TARGET_DIR"] ||= File.expand_path(ENV["CARGO_TARGET_DIR"] || "target")
CLOBBER.include("target")

if ENV.key?("RUBY_TARGET")
  # A container of rb_sys: it says in RUBY_TARGET and RUBY_CC_VERSION what to build, and calls native:PLATFORM. Of more
  # than one Ruby, each library goes to lib/msgpack/MAJOR.MINOR.
  require "rb_sys/extensiontask"
  require_relative "native_gem"

  RbSys::ExtensionTask.new("msgpack_ext", Gem::Specification.load("msgpack-ext.gemspec")) do |ext|
    ext.lib_dir = "lib/msgpack"
    ext.cross_compiling { |spec| NativeGem.strip(spec) }
  end
else
  extension = Rake::ExtensionTask.new("msgpack_ext") do |ext|
    ext.lib_dir = "lib/msgpack"
    # Rake's own options are not for extconf.rb, which rake-compiler would pass them to.
    ext.extra_options = []
  end
  build_dir = "#{extension.tmp_dir}/#{extension.platform}/#{extension.name}/#{RUBY_VERSION}"

  # Cargo decides what is out of date, and extconf.rb reads the environment: a plain task as prerequisite makes rake run
  # both each time, which costs less than half a second.
  task "compile:always"
  file "#{build_dir}/Makefile" => "compile:always"
  # It has the folder that the library goes to: a copy of a checkout would go on to install into the first one.
  file "#{build_dir}/.rake-compiler-siteconf.rb" => "compile:always"
end
