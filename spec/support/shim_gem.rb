# frozen_string_literal: true

require "fileutils"
require "rubygems/package"
require "tmpdir"
require_relative "packaged_gem"
require_relative "subprocess_helpers"

# The gem of compat/, which is named msgpack, built and installed beside msgpack-ext in a gem home of its own. What the
# system has, the C gem above all, is there too.
class ShimGem
  include SubprocessHelpers

  # @return [ShimGem] the same for all examples
  def self.installed
    @installed ||= new.tap(&:install)
  end

  # A program's environment without what the developer's machine may have set, or Bundler or git around rspec.
  def self.clean
    PackagedGem::CLEAN.merge(ENV.keys.grep(/\A(?:BUNDLE|GIT_)/).to_h { |name| [name, nil] })
  end

  attr_reader :home, :package

  def initialize
    # A real path, to be compared with $LOADED_FEATURES.
    @home = File.realpath(Dir.mktmpdir("msgpack-ext-shim-home"))
    at_exit { FileUtils.remove_entry(@home) }
    @package = File.join(@home, "msgpack.gem")
    check gem_command("build", "-C", File.join(PackagedGem::ROOT, "compat"), "msgpack.gemspec", "--output", @package)
  end

  # Into a copy of a home that has msgpack-ext: compiling it once for all specs is enough.
  def install
    FileUtils.cp_r(File.join(PackagedGem.plain.home, "."), home)
    # RubyGems would take the dependency from a package that lies about.
    FileUtils.rm_f(File.join(home, File.basename(PackagedGem.plain.package)))
    check gem_command("install", package, "--local", "--no-document")
  end

  def spec
    Gem::Package.new(package).spec
  end

  # @param name [String] msgpack or msgpack-ext
  # @return [String] the folder of the installed gem's files
  def lib(name)
    File.join(home, "gems", "#{name}-#{spec.version}", "lib")
  end

  # The one native library that a program may have loaded.
  def native
    File.join(lib("msgpack-ext"), "msgpack", "msgpack_ext.#{RbConfig::CONFIG["DLEXT"]}")
  end

  def env
    ShimGem.clean.merge("GEM_HOME" => home)
  end

  # Runs a program that has both gems installed, beside what the system has.
  #
  # @param options [Array<String>] of the interpreter
  def ruby(code, *args, options: ["-w"], **process)
    in_subprocess(code, *args, options: options, env: env, **process)
  end

  private

  def gem_command(*arguments)
    run_program(RbConfig.ruby, "-S", "gem", *arguments, env: env, chdir: home)
  end

  def check(result)
    raise result.to_s unless result.success?
  end
end
