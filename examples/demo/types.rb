# frozen_string_literal: true

module Demo
  # The two extended types of the demo. The same numbers on both ends of the
  # connection; the types carry no other agreement.
  module Types
    VERSION = 1
    TIME = 2

    module_function

    def packer(io = nil)
      MessagePack::Packer.new(io).tap do |packer|
        packer.register_exttype(Gem::Version, VERSION, :to_s)
        packer.register_exttype(Time, TIME) { |time| [time.to_i, time.nsec].pack("q>L>") }
      end
    end

    def unpacker(io = nil)
      MessagePack::Unpacker.new(io).tap do |unpacker|
        unpacker.register_exttype(VERSION) { |_type, data| Gem::Version.new(data.force_encoding("UTF-8")) }
        unpacker.register_exttype(TIME) do |_type, data|
          seconds, nanoseconds = data.unpack("q>L>")
          Time.at(seconds, nanoseconds, :nsec)
        end
      end
    end
  end
end
