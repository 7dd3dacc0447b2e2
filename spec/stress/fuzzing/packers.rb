# frozen_string_literal: true

require "stringio"
require_relative "objects"

module Fuzzing
  # The ways to pack, and to register what {Objects} are.
  module Packers
    private

    def factory
      @factory ||= MessagePack::Factory.new.tap do |factory|
        next if @kind == :none

        factory.register_type(1, Objects::Box, packer: ->(box, packer) { packer.write(box.value) }, recursive: true,
                                               unpacker: ->(unpacker) { Objects::Box.new(unpacker.read) })
        factory.register_type(20, Objects::Payload, packer: :data, unpacker: ->(data) { Objects::Payload.new(data) })
      end
    end

    def packer(io)
      return factory.packer(io, @options) unless @kind == :wiki

      MessagePack::Packer.new(io, @options).tap do |packer|
        case dice.number(4)
        when 0 then packer.register_exttype(20, Objects::Payload)
        when 1 then packer.register_exttype(Objects::Payload, 20, :data)
        when 2 then packer.register_exttype(20, Objects::Payload, &:data)
        else packer.register_type(20, Objects::Payload, :to_exttype)
        end
        packer.register_lowlevel(Objects::Box) if dice.chance?(1, 2)
      end
    end

    # Packs in one of the ways that take one call.
    def one_shot(object)
      case @kind
      when :factory then by_factory(object)
      when :none then by_module_function(object)
      else packer(nil).write(object).to_s
      end
    end

    def by_factory(object)
      case dice.number(3)
      when 0 then factory.dump(object, @options)
      when 1 then factory.pool(1, **@options).dump(object)
      else factory.pool(2, **@options).packer { |packer| packer.write(object).to_s }
      end
    end

    def by_module_function(object)
      case dice.number(4)
      when 0 then MessagePack.pack(object, @options)
      when 1 then into_io { |io| MessagePack.pack(object, io, @options) }
      when 2 then into_io { |io| MessagePack::Packer.new(io, @options).write(object).flush }
      else factory.dump(object, @options)
      end
    end

    def into_io
      io = StringIO.new("".b)
      yield io
      io.string
    end
  end
end
