# frozen_string_literal: true

lib = File.expand_path("../lib", __dir__)
$LOAD_PATH.unshift(lib) unless $LOAD_PATH.include?(lib)

begin
  require "msgpack-ext"
rescue LoadError => e
  abort "#{e.message}\nThe specs need the compiled extension: run `rake compile`."
end

# Debian's ruby-msgpack stands in the way of a plain `require "msgpack"`. Every example would then be about the wrong
# library, and most would pass: better no run at all.
native = $LOADED_FEATURES.grep(%r{/msgpack/msgpack(_ext)?\.#{RbConfig::CONFIG["DLEXT"]}\z})
expected = File.join(lib, "msgpack", "msgpack_ext.#{RbConfig::CONFIG["DLEXT"]}")
abort "Wrong library: #{native.inspect} is loaded, #{expected} is wanted." unless native == [expected]

# As on a Ruby whose Hashes are not known from inside: `MSGPACK_EXT_UNLEARN=1 rspec` (a step of .ci/run).
MessagePack.__unlearn__ if ENV["MSGPACK_EXT_UNLEARN"] == "1"

Dir[File.join(__dir__, "support", "*.rb")].each { |file| require file }

RSpec.configure do |config|
  config.disable_monkey_patching!
  config.order = :random
  Kernel.srand(config.seed)
  # A filter that matches nothing is a mistake in a command line or in a tag, not a success.
  config.fail_if_no_examples = !ENV["GC_STRESS"]
  # Other people's programs, which few machines have: `rspec --tag real_world`, after `bin/setup --real-world`.
  config.filter_run_excluding :real_world
  config.example_status_persistence_file_path = File.expand_path("../tmp/rspec-status.txt", __dir__)
  config.expect_with(:rspec) { |c| c.max_formatted_output_length = 1000 }

  config.include ByteHelpers
  config.include SubprocessHelpers
  config.include RequirementHelpers
end
