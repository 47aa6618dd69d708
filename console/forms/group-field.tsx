/** The fields of one object. The outermost one needs no name: the form has it. */
import type { ComponentChildren } from 'preact';
import type { FormField } from './form-model.js';

interface GroupFieldProps {
  readonly field: FormField;
  readonly isOutermost: boolean;
  readonly children: ComponentChildren;
}

export const GroupField = ({ field, isOutermost, children }: GroupFieldProps) =>
  isOutermost ? (
    <div class="group">{children}</div>
  ) : (
    <fieldset class="group is-inner">
      <legend>{field.label}</legend>
      {children}
    </fieldset>
  );
