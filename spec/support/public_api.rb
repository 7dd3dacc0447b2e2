# frozen_string_literal: true

require "msgpack/bigint"

# The public API as Ruby has it: signatures and documents must tell of all of it, and of nothing else.
module PublicApi
  LIB = File.expand_path("../../lib", __dir__)
  CORE = [NilClass, TrueClass, FalseClass, Integer, Float, String, Symbol, Array, Hash].freeze
  # The gem's command, which is `@api private`, and is there only where another spec has loaded it.
  PRIVATE = %w[MessagePack::Command].freeze

  # A method, of the objects of `owner`, or of `owner` itself.
  Method = Struct.new(:owner, :name, :is_singleton, keyword_init: true) do
    def to_s = "#{owner}#{is_singleton ? "." : "#"}#{name}"

    def visibility
      where = is_singleton ? owner.singleton_class : owner
      %i[public protected private].find { |kind| where.public_send("#{kind}_method_defined?", name) }
    end

    # How many arguments it takes, as it says itself when there are far too many, or, where there can't be, none.
    #
    # @return [String] such as "1..2" or "1+"
    def arity
      expected(9) || expected(0) || "0+"
    end

    private

    def expected(given)
      receiver = is_singleton ? owner : PublicApi.example_of(owner)
      receiver.__send__(name, *Array.new(given))
      nil
    rescue ArgumentError => e
      e.message[/given #{given}, expected ([\d.+]+)/, 1] or raise
    rescue MessagePack::UnderflowError
      nil
    end
  end

  class << self
    # @return [Array<Module>] MessagePack and all that is public in it
    def modules(of = MessagePack)
      inner = of.constants(false).map { |name| of.const_get(name) }.grep(Module).uniq
      [of, *inner.reject { |found| PRIVATE.include?(found.name) }.flat_map { |found| modules(found) }]
    end

    # @return [Array<Method>] with `initialize`, and what `include MessagePack` makes private methods
    def methods
      modules.flat_map { |owner| methods_of(owner) } + CORE.flat_map { |owner| methods_of_core(owner) }
    end

    # @return [Hash{String => Object}] by name, modules left out
    def constants
      modules.flat_map do |owner|
        full = owner.constants(false).to_h { |name| ["#{owner}::#{name}", owner.const_get(name)] }
        # UnpackerError is another name of UnpackError.
        full.reject { |name, value| value.is_a?(Module) && value.name == name }.to_a
      end.to_h
    end

    # @return [Object] one that has the methods of `owner`
    def example_of(owner)
      case owner.name
      when "MessagePack" then Object.new.extend(MessagePack)
      when "MessagePack::Offset" then MessagePack::UnpackError.new
      when "MessagePack::ExtType" then owner.new(1, "")
      when "MessagePack::Timestamp" then owner.new(0, 0)
      when "MessagePack::Factory::Pool" then MessagePack::Factory.new.pool
      else CORE.include?(owner) ? example_of_core(owner) : owner.new
      end
    end

    private

    def methods_of(owner)
      names = owner.public_instance_methods(false) + owner.private_instance_methods(false).select do |name|
        name == :initialize || owner == MessagePack
      end
      own = owner.singleton_class.public_instance_methods(false)
      found(owner, names - hidden(owner), false) + found(owner, own, true)
    end

    # Factory#pool makes Pools; nobody else does.
    def hidden(owner)
      owner == MessagePack::Factory::Pool ? [:initialize] : []
    end

    def methods_of_core(owner)
      # What is written in Rust has no place.
      ours = lambda do |method|
        method.source_location&.first&.start_with?("#{LIB}/") || method.name.to_s.include?("msgpack")
      end
      names = owner.instance_methods(false).select { |name| ours.call(owner.instance_method(name)) }
      own = owner.singleton_class.instance_methods(false).select { |name| ours.call(owner.method(name)) }
      found(owner, names, false) + found(owner, own, true)
    end

    # What begins with __ is there for the specs only.
    def found(owner, names, is_singleton)
      names.grep_v(/\A__/).map { |name| Method.new(owner: owner, name: name, is_singleton: is_singleton) }
    end

    def example_of_core(owner)
      [nil, true, false, 1, 1.5, "", :a, [], {}].find { |value| value.is_a?(owner) }
    end
  end
end
