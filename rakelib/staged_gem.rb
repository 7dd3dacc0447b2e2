# frozen_string_literal: true

require "fileutils"
require "rubygems/package"

# A gem of this repository with other files than are in it: they are put together in a folder of their own, where the
# gem is built.
class StagedGem
  include FileUtils

  ROOT = File.expand_path("..", __dir__)

  # @return [String] where the files are
  attr_reader :folder
  # @return [Gem::Specification] to be changed before {#build}
  attr_reader :spec

  # @param folder [String] begun anew
  def initialize(folder)
    @folder = File.expand_path(folder, ROOT)
    # A copy, because RubyGems keeps what it has loaded.
    @spec = Gem::Specification.load(File.join(ROOT, "msgpack-ext.gemspec")).dup
    rm_rf @folder
  end

  # @param path [String] of a file in the gem
  # @param source [String] what to put there
  def add(path, source = File.join(ROOT, path))
    target = File.join(folder, path)
    mkdir_p File.dirname(target)
    cp source, target
    spec.files |= [path]
  end

  # @param package [String] the file to write
  def build(package)
    mkdir_p File.dirname(package)
    path = File.expand_path(package)
    chdir(folder) { Gem::Package.build(spec, false, false, path) }
    puts format("%s: %d files, %.1f MB packed, %.1f MB installed", package, spec.files.size, File.size(path) / 1e6,
                spec.files.sum { |file| File.size(File.join(folder, file)) } / 1e6)
  end
end
