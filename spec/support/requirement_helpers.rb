# frozen_string_literal: true

# Things beside Ruby that an example needs: another package, a program, a feature of this Ruby.
module RequirementHelpers
  # Ends the example where `present` is false: as skipped on a person's machine, as failed in CI, where bin/setup has
  # installed everything and a skip would hide that an example has not run for months.
  #
  # @param present [Boolean]
  # @param what [String] what is missing and how to get it
  # @example
  #   need File.executable?("/usr/bin/python3"), "Debian's python3 (apt-get install python3-msgpack)"
  def need(present, what)
    return if present
    raise "missing, and CI must have it: #{what}" unless [nil, "", "0", "false"].include?(ENV.fetch("CI", nil))

    skip "missing: #{what}"
  end
end
