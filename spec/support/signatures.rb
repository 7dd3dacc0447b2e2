# frozen_string_literal: true

# The signatures in sig/, as the gem rbs reads them.
module Signatures
  DIR = File.expand_path("../../sig", __dir__)

  class << self
    # @return [Boolean] whether the gem is there
    def available?
      require "rbs"
      require "rbs/test"
      true
    rescue LoadError
      false
    end

    # @return [RBS::DefinitionBuilder] which knows Ruby's own classes too
    def builder
      @builder ||= begin
        loader = RBS::EnvironmentLoader.new
        loader.add(path: Pathname(DIR))
        RBS::DefinitionBuilder.new(env: RBS::Environment.from_loader(loader).resolve_type_names)
      end
    end

    # @return [Hash{String => RBS::Definition::Method}] by name as in PublicApi
    def methods
      @methods ||= class_names.flat_map do |name|
        [[builder.build_instance(name), "#"], [builder.build_singleton(name), "."]].flat_map do |definition, dot|
          ours = definition.methods.select { |_, method| written_for?(name, method) }
          # rbs makes `new` of initialize.
          ours.delete(:new)
          ours.map { |method_name, method| ["#{bare(name)}#{dot}#{method_name}", method] }
        end
      end.to_h
    end

    # @return [Array<String>] the classes and modules that sig/ defines or adds to
    def modules
      class_names.map { |name| bare(name) }
    end

    # @return [Boolean] whether there is a signature of a class or module, be it Ruby's own
    def known?(name)
      @known ||= builder.env.class_decls.to_h { |type_name, _| [bare(type_name), true] }
      @known.key?(name)
    end

    # @return [Array<String>] the names of a class or module and of what it inherits from, Object left out
    def ancestors(name)
      type_name = RBS::TypeName.new(name: name.split("::").last.to_sym,
                                    namespace: RBS::Namespace.parse("::#{name}").parent)
      known = builder.ancestor_builder
      all, of_object = [type_name, RBS::BuiltinNames::Object.name].map do |each|
        known.instance_ancestors(each).ancestors.map { |ancestor| bare(ancestor.name) }
      end
      all - of_object
    end

    # @return [Hash{String => Object}] the type of each constant
    def constants
      ours = builder.env.constant_decls.select { |name, _| name.to_s.start_with?("::MessagePack") }
      ours.to_h { |name, entry| [bare(name), entry.decl.type] }
    end

    # How many arguments the signatures of a method allow together, as in {PublicApi::Method#arity}.
    def arity(method)
      least, most = method.method_types.map { |type| counts(type.type) }.transpose
      range = [least.min, most.max]
      range.last == Float::INFINITY ? "#{range.first}+" : range.uniq.join("..")
    end

    # @return [Boolean] whether a value is of a type
    def type?(value, type)
      RBS::Test::TypeCheck.new(self_class: Object, builder: builder, sample_size: nil, unchecked_classes: [])
                          .value(value, type)
    end

    private

    def class_names
      @class_names ||= builder.env.class_decls.select do |_, entry|
        entry.decls.any? { |declared| ours?(declared.decl) }
      end.keys
    end

    # Neither inherited nor Ruby's own.
    def written_for?(name, method)
      method.implemented_in == name && method.defs.any? { |definition| ours?(definition.member) }
    end

    def ours?(node)
      node.location.buffer.name.to_s.start_with?("#{DIR}/")
    end

    # Keywords count as nothing: where they are a Hash, another signature of the method says so.
    def counts(function)
      required = function.required_positionals.size + function.trailing_positionals.size
      [required, function.rest_positionals ? Float::INFINITY : required + function.optional_positionals.size]
    end

    def bare(name)
      name.to_s.delete_prefix("::")
    end
  end
end
