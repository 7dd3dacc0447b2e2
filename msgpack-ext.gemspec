# frozen_string_literal: true

# Read, not required: whoever loads a specification may go on to load another copy of the gem.
version = File.read(File.join(__dir__, "lib/msgpack/version.rb"))[/VERSION = "(.+)"/, 1]

# What goes into the gem: the library, both crates with their lock file, signatures and documents.
packed = %r{\A(?:(?:docs|exe|ext|lib|sig)/|(?:Cargo\.toml|Cargo\.lock|CHANGELOG\.md|LICENSE|README\.md|\.yardopts)\z)}
built = %r{(?:\A|/)target/|\.(?:so|bundle|dll|dylib|new|gem)\z}

# git knows what is source here and what was built; a file not added yet counts. Without git, everything counts that
# does not look built.
listed = begin
  command = %w[git ls-files -z --cached --others --exclude-standard]
  IO.popen(command, chdir: __dir__, err: File::NULL, &:read).split("\0")
rescue SystemCallError
  []
end
listed = Dir.glob(["**/*", ".yardopts"], base: __dir__) if listed.empty?

Gem::Specification.new do |spec|
  spec.name = "msgpack-ext"
  spec.version = version
  spec.authors = ["msgpack-ext contributors"]
  spec.summary = "MessagePack with application-defined extended types; the native extension is Rust"
  spec.description = "Packs, unpacks and streams MessagePack. Classes are registered as extended types with a packer " \
                     "or an unpacker, high-level (the class returns its payload) or low-level (it writes by itself). " \
                     "The native extension is written in Rust."
  spec.homepage = "https://msgpack.org"
  spec.license = "MIT"
  # rb-sys has no bindings yet for a Ruby that does not exist yet.
  spec.required_ruby_version = [">= 3.1", "< 4.1.dev"]
  spec.metadata["rubygems_mfa_required"] = "true"

  spec.files = listed.grep(packed).grep_v(built).uniq.sort.select { |path| File.file?(File.join(__dir__, path)) }
  spec.require_paths = ["lib"]
  spec.bindir = "exe"
  spec.executables = ["msgpack-ext"]
  # extconf.rb uses the rb_sys gem where it finds it. It is no dependency: without it plain cargo builds the same.
  spec.extensions = ["ext/msgpack_ext/extconf.rb"]
end
