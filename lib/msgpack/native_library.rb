# frozen_string_literal: true

require "rbconfig"

# Loads the native library. A gem for one platform has one for each minor version of Ruby, in a folder of that name, and
# it is preferred; what was built at installation, or by `rake compile`, lies beside this file.
ruby = RUBY_VERSION[/\A\d+\.\d+/]
file = "msgpack_ext.#{RbConfig::CONFIG["DLEXT"]}"
paths = ["#{__dir__}/#{ruby}/#{file}", "#{__dir__}/#{file}"]

# Answers with nil, or why it could not be loaded.
try = lambda do |path|
  # Not left to `require`, which RubyGems has look through all installed gems before it fails.
  return "#{path}: there is no such file" unless File.exist?(path)
  return "#{path}: this is not a file that can be read" unless File.file?(path) && File.readable?(path)

  require path
  nil
rescue LoadError => e
  # The system's words have the path in them, the library's own have not.
  e.message.include?(path) ? e.message : "#{path}: #{e.message}"
end

problems = paths.lazy.map(&try).take_while(&:itself).to_a
return if problems.size < paths.size

raise LoadError, <<~TEXT
  msgpack-ext has no native library for Ruby #{ruby} on #{RUBY_PLATFORM}:
    #{problems.join("\n  ")}
  In a checkout, run `rake compile`. For an installed gem, have it built for this Ruby, which takes Rust
  (https://rustup.rs): gem install msgpack-ext --platform ruby
TEXT
