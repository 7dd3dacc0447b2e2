# frozen_string_literal: true

# Read, not required, as in msgpack-ext.gemspec.
version = File.read(File.join(__dir__, "../lib/msgpack/version.rb"))[/VERSION = "(.+)"/, 1]

Gem::Specification.new do |spec|
  spec.name = "msgpack"
  spec.version = version
  spec.authors = ["msgpack-ext contributors"]
  spec.summary = "msgpack-ext for programs that ask for a gem named msgpack"
  spec.description = "Stands in for the gem msgpack where other gems depend on it: what they require by its paths " \
                     "comes from the gem msgpack-ext. Not a release of the gem whose name it bears."
  spec.homepage = "https://msgpack.org"
  spec.license = "MIT"
  spec.required_ruby_version = ">= 3.1"
  spec.metadata["rubygems_mfa_required"] = "true"

  spec.files = Dir.glob(%w[LICENSE README.md forward.rb lib/**/*.rb], base: __dir__).sort
  spec.require_paths = ["lib"]
  # Exactly, so that `require "msgpack/version"` tells the version of the gem that was asked for.
  spec.add_dependency "msgpack-ext", "= #{version}"
end
