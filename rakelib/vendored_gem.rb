# frozen_string_literal: true

require "rake"
require_relative "staged_gem"

# The source gem with all crates in it, for machines that reach no registry. They are put in when it is packed; the
# repository has none.
class VendoredGem
  include Rake::DSL

  # Needed by nobody who installs it, and half of the crates are for them.
  TESTS = %r{\Aext/[^/]+/tests/}
  DEV_DEPENDENCIES = /^\[dev-dependencies\]\n(?:(?!\[).*\n)*/

  # cargo looks for this in the folders above the one that it runs in.
  CONFIG = <<~TOML
    [source.crates-io]
    replace-with = "vendored"

    [source.vendored]
    directory = "vendor"
  TOML

  # @param package [String] the file to write
  def build(package)
    @gem = StagedGem.new("tmp/vendored")
    @gem.spec.files = @gem.spec.files.grep_v(TESTS)
    @gem.spec.files.each { |path| @gem.add(path) }
    drop_dev_dependencies
    vendor
    @gem.build(package)
  end

  private

  # cargo takes what nobody asks for any more out of the lock file, and leaves the other versions as they are.
  def drop_dev_dependencies
    @gem.spec.files.grep(%r{/Cargo\.toml\z}).each do |path|
      manifest = File.join(@gem.folder, path)
      File.write(manifest, File.read(manifest).sub(DEV_DEPENDENCIES, ""))
    end
    sh "cargo", "metadata", "--quiet", "--offline", "--format-version", "1", chdir: @gem.folder, out: File::NULL
  end

  def vendor
    sh "cargo", "vendor", "--quiet", "--locked", "--offline", "vendor", chdir: @gem.folder, out: File::NULL
    config = File.join(@gem.folder, ".cargo/config.toml")
    mkdir_p File.dirname(config)
    File.write(config, CONFIG)
    vendored = Dir.glob("vendor/**/*", File::FNM_DOTMATCH, base: @gem.folder)
    @gem.spec.files |= [".cargo/config.toml", *vendored.select { |path| File.file?(File.join(@gem.folder, path)) }]
  end
end
