# frozen_string_literal: true

# What the Unpacker's specs share: an unpacker with input, calls that run short, and the class-level registrations.
module UnpackerHelpers
  # Every call that consumes input, none of which a handler may make (feed_each apart, which is feed and each).
  CONSUMING_CALLS = {
    read: ->(unpacker) { unpacker.read },
    unpack: ->(unpacker) { unpacker.unpack },
    skip: ->(unpacker) { unpacker.skip },
    read_array_header: ->(unpacker) { unpacker.read_array_header },
    read_map_header: ->(unpacker) { unpacker.read_map_header },
    full_unpack: ->(unpacker) { unpacker.full_unpack },
    each: ->(unpacker) { unpacker.each {} }
  }.freeze

  # @param digits [String] what it is fed, in hexadecimal
  # @return [MessagePack::Unpacker]
  def unpacker_of(digits, **options)
    MessagePack::Unpacker.new(options).feed(hex(digits))
  end

  # Asserts that the block runs out of input.
  def expect_underflow(&)
    expect(&).to raise_error(MessagePack::UnderflowError)
  end

  # @return [Exception] what the block raises; fails the example when it raises nothing
  def error_of
    yield
  rescue Exception => e # rubocop:disable Lint/RescueException -- SystemStackError is none of StandardError
    e
  else
    raise "nothing was raised"
  end

  # @return [String] `depth` arrays of one element around an empty array's place, which holds `core`
  def nested_arrays(depth, core = "\xC0".b)
    ("\x91".b * depth) + core
  end

  # Runs the block, then forgets what it did to the class-level table and default.
  def keeping_class_level_targets
    default = MessagePack::Unpacker.default_exttype
    targets = (0..127).to_h { |type| [type, MessagePack::Unpacker.exttype(type)] }
    yield
  ensure
    MessagePack::Unpacker.default_exttype = default
    targets.each { |type, target| MessagePack::Unpacker.register_exttype(type, target) }
  end
end

RSpec.configure { |config| config.include UnpackerHelpers }
