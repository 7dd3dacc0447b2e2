# frozen_string_literal: true

# `rake sanitize:valgrind` and `rake sanitize:address` set SANITIZER: examples about the memory of the process or about
# its stack would measure these tools, which take a multiple of both.
if ENV["SANITIZER"]
  RSpec.configure do |config|
    config.filter_run_excluding(
      full_description: /reserve next to nothing|memsize_of|RSS|NoMemoryError|the end of the stack/
    )
  end
end
