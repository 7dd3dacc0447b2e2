# frozen_string_literal: true

# `to_msgpack` on the classes that are packed natively, and on nothing else: programs ask for it with
# `respond_to?(:to_msgpack)`.
[NilClass, TrueClass, FalseClass, Integer, Float, String, Array, Hash, Symbol].each do |core|
  core.class_eval do
    # docs/api/core_ext.rb describes it for each class.
    def to_msgpack(packer_or_io = nil)
      # An io may be a BasicObject, which has no is_a?.
      return packer_or_io.write(self) if MessagePack::Packer === packer_or_io # rubocop:disable Style/CaseEquality

      MessagePack.pack(self, packer_or_io)
    end
  end
end
