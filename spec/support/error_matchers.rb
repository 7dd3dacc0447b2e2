# frozen_string_literal: true

# Errors for which the contract names more than one class, or a class only by its family.
module ErrorMatchers
  # Matches an error that is exactly of one of these classes, so that a subclass which happens to be raised (say a
  # FrozenError for a RuntimeError) does not pass.
  #
  # @param classes [Array<Class>]
  # @example
  #   expect { buffer.read(-1) }.to raise_one_of(ArgumentError, TypeError)
  def raise_one_of(*classes)
    raise_error(satisfy("be one of #{classes.join(", ")}") { |error| classes.any? { |c| error.instance_of?(c) } })
  end
end

RSpec.configure { |config| config.include ErrorMatchers }
