# frozen_string_literal: true

require "fileutils"
require "rubygems/package"
require "tmpdir"
require_relative "subprocess_helpers"

# This gem as its users get it: built by `gem build`, installed by `gem install` into a home of its own, with nothing in
# the environment that the developer's machine may have set.
class PackagedGem
  include SubprocessHelpers

  ROOT = File.expand_path("../..", __dir__)
  CLEAN = %w[
    RUBYOPT RUBYLIB BUNDLE_GEMFILE BUNDLER_VERSION GEM_PATH MSGPACK_EXT_FEATURES SOURCE_DATE_EPOCH CARGO_BUILD_TARGET
    CARGO_TARGET_DIR RB_SYS_CARGO_TARGET_DIR
  ].to_h { |name| [name, nil] }.freeze

  # Installing takes a minute: once for all examples.
  def self.plain
    @plain ||= new.tap(&:install)
  end

  def self.with_rb_sys
    @with_rb_sys ||= new.tap { |package| package.install(other_homes: [rb_sys_home]) }
  end

  # Where the rb_sys gem is, if it is: installed, or where bin/setup has put it.
  def self.rb_sys_home
    installed = Gem::Specification.find_all_by_name("rb_sys").first
    return installed.base_dir if installed

    home = IO.popen(File.join(ROOT, "bin/rb_sys_gem"), &:read).chomp
    home unless home.empty?
  end

  # Makes a package by one of rake's tasks.
  #
  # @param task [String]
  # @param file [String] what it makes
  # @return [PackagedGem] not installed yet
  def self.made_by_rake(task, file)
    new { |gem| gem.rake(task).then { FileUtils.cp(File.join(ROOT, file), gem.package) } }
  end

  attr_reader :home, :package

  # The block, if there is one, makes the package.
  def initialize
    @home = Dir.mktmpdir("msgpack-ext-gem-home")
    at_exit { FileUtils.remove_entry(@home) }
    @package = File.join(@home, "msgpack-ext.gem")
    block_given? ? yield(self) : build
  end

  # Runs a task in the repository, under Bundler if this process is. What has been compiled there is used.
  def rake(task)
    env = CLEAN.slice("MSGPACK_EXT_FEATURES", "SOURCE_DATE_EPOCH", "CARGO_BUILD_TARGET")
    check run_program(RbConfig.ruby, "-S", "rake", task, env: env, chdir: ROOT)
  end

  # @param other_homes [Array<String>] gem homes that extconf.rb may see beside this one. It sees no others, because
  #   with --install-dir RubyGems hands GEM_PATH on.
  # @param env [Hash{String => String}]
  def install(other_homes: [], env: {})
    check try_to_install(other_homes: other_homes, env: env)
  end

  # @return [Subprocess] as {#install}, which may have failed
  def try_to_install(other_homes: [], env: {})
    path = [home, *other_homes].join(File::PATH_SEPARATOR)
    # Not by -S: the PATH may be without Ruby's programs.
    command = File.join(RbConfig::CONFIG["bindir"], "gem")
    run_program(RbConfig.ruby, command, "install", package, "--local", "--no-document", "--install-dir", home,
                env: CLEAN.merge("GEM_HOME" => home, "GEM_PATH" => path, **env), chdir: home)
  end

  def spec
    Gem::Package.new(package).spec
  end

  # The folder of the installed gem.
  def folder
    File.join(home, "gems", spec.full_name)
  end

  def build_log
    File.read(Dir.glob(File.join(home, "extensions", "*", "*", spec.full_name, "gem_make.out")).fetch(0))
  end

  # Runs a program that has this gem installed, beside what the system has.
  def ruby(code)
    in_subprocess(code, env: CLEAN.merge("GEM_HOME" => home), options: [])
  end

  private

  def build
    check run_program(RbConfig.ruby, "-S", "gem", "build", "msgpack-ext.gemspec", "--output", package,
                      env: CLEAN, chdir: ROOT)
  end

  def check(result)
    raise result.to_s unless result.success?
  end
end
