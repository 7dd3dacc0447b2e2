# frozen_string_literal: true

require_relative "public_api"
require_relative "signatures"

# With SIGNATURES=1 each call of the API that an example makes is compared with its signature: what is given, what comes
# back, and what blocks are given and return. `rake sig` runs the specs so. Calls that raise are left out, for what the
# library refuses the signatures refuse too. In the end each signature must have fitted a call.
#
# Left out are examples tagged `signatures: false`: those that count objects, and those that want to get back the block
# that they have given, which is wrapped then.
module SignatureCheck
  # What the gem rbs takes for a fitting value, but for what it does not look at.
  module Types
    attr_writer :receiver

    def method_call(_name, method_type, *, **)
      @bounds = method_type.type_params.to_h { |param| [param.name, param.upper_bound] }
      @bound = {}
      super
    end

    def value(val, type)
      case type
      when RBS::Types::Bases::Self
        val.equal?(@receiver)
      when RBS::Types::Variable
        variable(val, type.name)
      when RBS::Types::ClassInstance
        # Going through an Enumerator, as rbs does to see what is in it, would read what the example wants to read.
        type.name.name == :Enumerator ? val.is_a?(Enumerator) : super
      else
        super
      end
    end

    private

    # What comes back as T is what was given as T.
    def variable(val, name)
      known = @bound.fetch(name) { @bound[name] = val }
      known.equal?(val) && (@bounds[name].nil? || value(val, @bounds[name]))
    end
  end

  # Which of a method's signatures a call fits.
  class Checker
    def initialize(method)
      @method = method
    end

    # rbs calls it after each call.
    def call(receiver, trace)
      return if trace.method_call.exception?

      owner = owner_for(receiver)
      check = RBS::Test::TypeCheck.new(self_class: owner, instance_class: @method.is_singleton ? receiver : owner,
                                       builder: Signatures.builder, sample_size: 100, unchecked_classes: [])
      check.extend(Types)
      check.receiver = receiver
      types = Signatures.methods.fetch(name_for(owner)).method_types
      index = types.index { |type| check.method_call(@method.name, type, trace, errors: []).empty? }
      SignatureCheck.note(name_for(owner), index, trace)
    end

    private

    # A subclass may have a signature of its own for a method that it inherits.
    def owner_for(receiver)
      # A BasicObject has no class.
      classes = @method.is_singleton ? receiver.ancestors : Kernel.instance_method(:class).bind_call(receiver).ancestors
      classes.find { |owner| Signatures.methods.key?(name_for(owner)) } || @method.owner
    end

    def name_for(owner)
      @method.dup.tap { |method| method.owner = owner }.to_s
    end
  end

  class << self
    def start
      @faults = []
      @fitting = Hash.new { |all, name| all[name] = [] }
      PublicApi.methods.each do |method|
        RBS::Test::Observer.register(method.to_s, Checker.new(method))
        hook = method.is_singleton ? :hook_singleton_method : :hook_instance_method
        RBS::Test::Hook.public_send(hook, method.owner, method.name, key: method.to_s)
      end
    end

    def note(name, index, trace)
      @fitting[name] |= [index] if index
      @faults << "#{name} fits none of its signatures: #{describe(trace)}" unless index
    end

    # @return [Array<String>] what has been found since the last call
    def take_faults
      @faults.tap { @faults = [] }
    end

    # @return [Array<String>] the signatures that no call has fitted
    def untried
      Signatures.methods.flat_map do |name, method|
        left = method.method_types.each_index.to_a - @fitting[name]
        left.map { |index| "#{name}: #{method.method_types[index]}" }
      end
    end

    private

    def describe(trace)
      call = trace.method_call
      blocks = trace.block_calls.map { |block| "block given #{block.arguments.inspect}" }
      returned = call.return? ? ["returned #{call.return_value.inspect}"] : []
      ["given #{call.arguments.inspect}", *returned, *blocks].join(", ")
    end
  end
end

if ENV["SIGNATURES"].to_s.match?(/\A[1-9]/)
  abort "SIGNATURES=1 takes the gem rbs" unless Signatures.available?
  RBS.logger_level = :error
  SignatureCheck.start

  RSpec.configure do |config|
    config.filter_run_excluding signatures: false

    config.append_after do
      faults = SignatureCheck.take_faults
      raise faults.join("\n") if faults.any?
    end

    config.after(:suite) do
      untried = SignatureCheck.untried
      abort "Signatures that no example has tried:\n  #{untried.join("\n  ")}" if untried.any?
    end
  end
end
